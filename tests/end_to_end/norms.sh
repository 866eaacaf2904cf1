# kitinet train with norms: running statistics are the same on any number of ranks, survive a stop, are in the
# checkpoint beside the parameters, and are what evaluate uses.
set -eu
. "$(dirname "$0")/common.sh"
small_data
network="$network -model_type unet -model_residual plain -model_levels 1 -dataset_test test.h5 -train_epochs 3"

for norm in layer group batch; do
  train 1 one.$norm -model_norm $norm
  train 3 three.$norm -model_norm $norm
  for file in checkpoint.h5 best.h5; do
    cmp one.$norm/$file three.$norm/$file || fail "-model_norm $norm: another $file on 3 ranks"
  done
  ends 75 train 2 part.$norm -model_norm $norm -max_time 1e-9
  ends 0 train 1 part.$norm -model_norm $norm -max_time 0
  cmp one.$norm/checkpoint.h5 part.$norm/checkpoint.h5 ||
    fail "-model_norm $norm: the resumed run has another checkpoint"
  mean=$(ranks 1 evaluate -checkpoint one.$norm/checkpoint.h5 -dataset test.h5 |
    awk '$2 == "plain" { print $5 / 100; exit }')
  close "$(tail -n 1 one.$norm/metrics.csv | cut -d , -f 3)" "$mean" 1e-3 ||
    fail "-model_norm $norm: evaluate finds $mean, the training's test $(tail -n 1 one.$norm/metrics.csv)"
done

# 3 blocks (two on the fine grid, of 8 channels, one of 16 on the coarse one) with mean and variance: 64 numbers, which
# have moved.
ranks 1 inspect -input one.batch/checkpoint.h5 > output
grep -q "state  *64 real numbers, not trained" output || fail "inspect does not count the state: $(cat output)"
grep -q "block1.norm.variance .*16  stream out (state)" output || fail "inspect does not list the state: $(cat output)"
ranks 1 inspect -input one.layer/checkpoint.h5 > output
! grep -q "not trained" output || fail "a layer norm has state"

# Blocks of several widths are not pruned, in one line.
refused 2 "the residual stream has 8 channels in one block and 16 in another" \
  ranks 1 condense -checkpoint one.batch/checkpoint.h5 -dataset train.h5 -output small.h5

# Next to nothing is trained, the statistics move.
train 1 still -model_norm batch -train_lr 1e-10 -train_weight_decay 0
h5dump -d /state/block0.norm.mean still/checkpoint.h5 > output
grep -q '(0): .*[1-9]' output || fail "the running mean stands at 0: $(cat output)"
