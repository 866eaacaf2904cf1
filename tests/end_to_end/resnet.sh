# The residual network of convolutions: images of classes and fields, odd grids, the same bits on any number of ranks
# and threads with batch norm, through stops and where blocks are computed again; wrong depths and what it cannot do
# are refused in one line.
set -eu
. "$(dirname "$0")/common.sh"
shape="-model_type resnet -model_width 5 -train_batch 6 -train_microbatch 2"
network="$shape -model_depth 8"
sgd="-train_optimizer sgd -train_momentum 0.9 -train_lr 0.05 -train_weight_decay 5e-4 -task_smoothing 0.1"
task_tool=$(dirname "$PWD")/task_tool
ranks 1 generate -darcy_grid 13 -samples 12 -output fields.h5 > /dev/null
ranks 1 generate -pde burgers -burgers_grid 64 -samples 12 -output line.h5 > /dev/null
"$task_tool" classes images.h5 3 18 0 kind 16 15

for data in "images $sgd" "images -model_norm group -model_residual collision -collision_dimension 0" \
  "fields -model_head 16 -model_residual transport" "line -model_head 16"; do
  ln -sf "${data%% *}.h5" train.h5
  for n in 1 2 3 4; do
    export OMP_NUM_THREADS=$((n % 3 + 1))
    [ "$data" = "images $sgd" ] || [ $n = 1 ] || [ $n = 3 ] || continue
    # shellcheck disable=SC2086 # words
    ends 0 train $n "run$n" -train_epochs 2 ${data#"${data%% *}"}
    [ "$(weights "run$n")" = "$(weights run1)" ] ||
      fail "$data: $n ranks of $OMP_NUM_THREADS threads train other weights than 1 of 2"
  done
  # shellcheck disable=SC2086 # words
  ends 75 train 2 part -train_epochs 2 ${data#"${data%% *}"} -max_time 1e-9
  # shellcheck disable=SC2086 # words
  ends 0 train 1 part -train_epochs 2 ${data#"${data%% *}"} -max_time 0
  [ "$(weights part)" = "$(weights run1)" ] || fail "$data: other weights after a stop"
  # shellcheck disable=SC2086 # words
  ends 0 train 2 again -train_epochs 2 ${data#"${data%% *}"} -train_recompute 1
  [ "$(weights again)" = "$(weights run1)" ] || fail "$data: other weights where blocks are computed again"
  rm -r run? part again
done

# Batch norm where the last micro-batch of a batch, and the last batch, is smaller, collisions that are drawn, images
# that are moved: every number of ranks with every number of threads, and stopped after each step, in the middle of both
# epochs, to go on with others.
ln -sf images.h5 train.h5
uneven="$sgd -model_residual collision -collision_dimension 1 -train_shift 2 -train_epochs 2"
network="-model_type resnet -model_width 5 -model_depth 8 -train_batch 7 -train_microbatch 2"
for threads in 1 2 3; do
  export OMP_NUM_THREADS=$threads
  for n in 1 2 3 4; do
    # shellcheck disable=SC2086 # words
    ends 0 train $n "run$n.$threads" $uneven
    [ "$(weights "run$n.$threads")" = "$(weights run1.1)" ] ||
      fail "$n ranks of $threads threads train other weights than 1 of 1"
  done
done
code=75 stops=0
while [ $code = 75 ]; do
  code=0
  export OMP_NUM_THREADS=$((stops % 3 + 1))
  # shellcheck disable=SC2086 # words
  train $((4 - stops % 4)) part $uneven -max_time 1e-9 || code=$?
  [ $code = 0 ] || stops=$((stops + 1))
done
[ $code = 0 ] && [ $stops -ge 5 ] || fail "$stops stops in six steps, then exit code $code: $(cat message)"
[ "$(weights part)" = "$(weights run1.1)" ] || fail "other weights after $stops stops"
rm -r run?.? part
export OMP_NUM_THREADS=1
network="$shape -model_depth 8"

# It learns: the classes are told apart, and batch norm's running statistics serve evaluate.
rm -f train.h5
"$task_tool" classes train.h5 3 60 0 kind 16 15
"$task_tool" classes test.h5 3 21 60 kind 16 15
train 1 learn $sgd -dataset_test test.h5 -train_epochs 12
awk -F , 'END { exit !($7 > 0.9) }' learn/metrics.csv || fail "it does not learn: $(cat learn/metrics.csv)"
ranks 2 predict -checkpoint learn/checkpoint.h5 -input test.h5 -output p.h5 > output
awk -F , 'NR > 1 { right += $2 == "kind" (60 + $1) % 3; n++ } END { exit !(n == 21 && right > 18) }' p.csv ||
  fail "$(cat p.csv)"

refused 2 "option -model_depth is 19, three stages of blocks need 6n + 2: give 8, 14, 20" \
  "$KITINET" train -run bad -dataset train.h5 -train_epochs 1 $shape -model_depth 19
refused 2 "needs whole samples: leave -ranks_per_sample out" \
  ranks 2 train -run bad -dataset fields.h5 -train_epochs 1 $network -ranks_per_sample 2

# bench of a network for classes: the head is a linear map to as many scores.
ranks 1 bench $network -bench_grid 16 -bench_channels_in 3 -bench_classes 7 -bench_seconds 0 \
  -bench_output table.csv > output
grep -q "^stem,backward,1," table.csv && grep -q "^training step,whole,1," table.csv || fail "$(cat table.csv)"

# Weights under the names of a plain ResNet in PyTorch: the same bits in the same order, also the statistics; there and
# back. tests/bench/resnet_pytorch.py compares outputs. Layer norm has no twin.
ranks 2 convert -format pytorch -input learn/best.h5 -output torch.weights > output
for pair in stem.weight:conv1.weight block0.norm1.scale:layer1.0.bn1.weight block0.norm1.shift:layer1.0.bn1.bias \
  block0.convolution1.weight:layer1.0.conv1.weight block1.shortcut.weight:layer2.0.shortcut.weight \
  block2.convolution2.weight:layer3.0.conv2.weight final.norm.scale:bn.weight head.weight:fc.weight \
  head.bias:fc.bias; do
  "$tool" floats learn/best.h5 "parameters/${pair%:*}" > ours
  "$tool" floats torch.weights "${pair#*:}" | cmp - ours || fail "other numbers in ${pair#*:}"
done
"$tool" floats learn/best.h5 state/block1.norm2.mean state/final.norm.variance > ours
"$tool" floats torch.weights layer2.0.bn2.running_mean bn.running_var | cmp - ours || fail "other statistics"
h5dump -n torch.weights | grep -c "dataset .*/conv\|dataset .*/layer\|dataset .*/bn\|dataset .*/fc" > count
[ "$(cat count)" = 39 ] || fail "$(cat count) arrays: $(h5dump -n torch.weights)"
ranks 1 convert -input torch.weights -like learn/checkpoint.h5 -output back.h5 > output
"$KITINET" inspect -input back.h5 | sed -n 's/^  weights *SHA-256 //p' > ours
"$KITINET" inspect -input learn/best.h5 | sed -n 's/^  weights *SHA-256 //p' | cmp - ours ||
  fail "other weights came back"
ln -sf fields.h5 train.h5
train 1 field -train_epochs 1 -model_head 16 -model_norm layer
refused 3 "for which the original FNO has no name, nor have plain modules" \
  "$KITINET" convert -format pytorch -input field/best.h5 -output field.weights
[ ! -e bad ] && [ ! -e field.weights ] || fail "something was made: $(ls)"
