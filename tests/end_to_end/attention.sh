# Networks of attention: the small presets learn; the same weights on any number of ranks and threads, the same network
# on slabs, other grids; rollouts, spreads; what does not fit is refused in one line.
set -eu
. "$(dirname "$0")/common.sh"
configs=$(dirname "$0")/../../configs
ranks 1 generate -options_file_yaml "$configs/li2020-darcy-small.yaml" -darcy_grid 16 \
  -darcy_resolution 16 -samples 48 -output train.h5 > /dev/null
ranks 1 generate -options_file_yaml "$configs/li2020-darcy-small.yaml" -darcy_grid 16 \
  -darcy_resolution 16 -samples 16 -first 48 -output test.h5 > /dev/null
ranks 1 generate -options_file_yaml "$configs/li2020-darcy-small.yaml" -darcy_grid 24 \
  -darcy_resolution 24 -samples 8 -first 64 -output fine.h5 > /dev/null
ranks 1 generate -pde navier_stokes -samples 4 -navier_stokes_grid 12 -navier_stokes_final_time 4 \
  -navier_stokes_frames 4 -output flow.h5 > /dev/null
tiny="-model_width 8 -model_layers 2 -model_heads 2 -train_epochs 2 -train_batch 6 -train_microbatch 2"

for type in transolver oformer; do
  preset="-options_file_yaml $configs/li2020-darcy-$type-small.yaml -model_layers 2 -model_width 16 -train_epochs 30
    -task_h1 0"
  # shellcheck disable=SC2086 # words
  ends 0 ranks 2 train -run learn.$type -dataset train.h5 -dataset_test test.h5 $preset > output 2> message
  first=$(sed -n 2p learn.$type/metrics.csv | cut -d , -f 3) last=$(tail -n 1 learn.$type/metrics.csv | cut -d , -f 3)
  awk -v a="$first" -v b="$last" 'BEGIN { exit !(b < 0.8 * a && b < 0.19) }' ||
    fail "$type does not learn: test error $first, then $last"
  ends 0 ranks 1 evaluate -checkpoint learn.$type/best.h5 -dataset fine.h5 -picture false > output 2> message

  for n in 1 2 3; do
    export OMP_NUM_THREADS=$((n % 2 + 1))
    network="-model_type $type $tiny"
    ends 0 train $n $type.$n -model_residual collision -collision_rate 1
    [ "$(weights $type.$n)" = "$(weights $type.1)" ] ||
      fail "$type: $n ranks of $OMP_NUM_THREADS threads train other weights than 1 of 2"
  done
  export OMP_NUM_THREADS=1
  ends 0 ranks 2 train -run $type.slabs -dataset train.h5 $network -model_residual collision \
    -collision_rate 1 -ranks_per_sample 2 > output 2> message
  close "$(last_loss $type.1)" "$(last_loss $type.slabs)" 1e-4 ||
    fail "$type: $(last_loss $type.slabs) on slabs, $(last_loss $type.1) on whole samples"
  for form in "-train_rollout 2" "-train_form spacetime"; do
    # shellcheck disable=SC2086 # words
    ends 0 ranks 1 train -run flow.$type -dataset flow.h5 $network $form > output 2> message
    rm -rf finer.flow
    mv flow.$type finer.flow
  done
  refused 2 "only networks built as those of -model_type fno or resnet are pruned" "$KITINET" \
    condense -checkpoint $type.1/best.h5 -dataset train.h5 -output small.h5
  # To PyTorch and back; tests/bench/attention_pytorch.py compares outputs.
  ends 0 ranks 1 convert -format pytorch -input $type.1/checkpoint.h5 -output torch.$type.h5 > output 2> message
  mkdir back.$type
  ends 0 ranks 1 convert -input torch.$type.h5 -like $type.1/checkpoint.h5 -output back.$type/checkpoint.h5 \
    > output 2> message
  [ "$(weights back.$type)" = "$(weights $type.1)" ] || fail "$type: weights that went to PyTorch and back are others"
  refused 2 "do not divide into -model_heads 3: give a divisor, or another -model_width" \
    "$KITINET" train -run wrong -dataset train.h5 -model_type $type -model_width 8 -model_heads 3
done

# Outputs on another grid than the inputs: on points three times as dense every third one is a point of the input,
# where the output is what it is on the grid of the input; a dataset of such outputs is judged, and trained on.
for finer in 1 3; do
  ends 0 ranks $finer predict -checkpoint learn.oformer/best.h5 -input test.h5 -predict_finer $finer \
    -output finer$finer.h5 > output 2> message
  "$tool" floats finer$finer.h5 y | od -An -v -w4 -tf4 > values$finer
done
[ "$(wc -l < values1)" -eq $((16 * 16 * 16)) ] && [ "$(wc -l < values3)" -eq $((16 * 48 * 48)) ] ||
  fail "$(wc -l values1 values3)"
awk 'NR == FNR { y[NR - 1] = $1; next }
  { k = FNR - 1; j = k % 48; i = int(k / 48) % 48; b = int(k / 2304)
    if (i % 3 == 1 && j % 3 == 1) {
      t = y[b * 256 + int(i / 3) * 16 + int(j / 3)]; d += ($1 - t) ^ 2; s += t ^ 2; n++
    } }
  END { exit !(n == 4096 && s > 0 && d < 1e-11 * s) }' values1 values3 ||
  fail "another output at the points that both grids have"
ends 0 ranks 2 evaluate -run learn.oformer -dataset finer3.h5 -evaluate_details details > output 2> message
awk -F , '$3 == "l2" { n++; wrong += !($5 < 1e-5) } END { exit !(n && !wrong) }' details/errors.csv ||
  fail "its own predictions are wrong: $(cat details/errors.csv)"
for n in 1 2; do
  ends 0 ranks $n train -run finer.$n -dataset finer3.h5 -model_type oformer $tiny > output 2> message
done
[ "$(weights finer.1)" = "$(weights finer.2)" ] || fail "on two grids 2 ranks train other weights than 1"
refused 3 "finer3.h5 has its outputs on another grid than its inputs, which only -model_type oformer can give" \
  "$KITINET" evaluate -run learn.transolver -dataset finer3.h5 -picture false
refused 2 "a network transolver gives its output on the grid of its input" "$KITINET" \
  predict -checkpoint learn.transolver/best.h5 -input test.h5 -predict_finer 2 -output wrong
refused 2 "option -predict_finer is 2, the network predicts frames of trajectories" "$KITINET" \
  predict -checkpoint finer.flow/checkpoint.h5 -input flow.h5 -predict_finer 2 -output wrong
refused 2 "only fields on one grid can be shared" ranks 2 train -run wrong -dataset finer3.h5 -model_type oformer \
  $tiny -ranks_per_sample 2

# Texts in bench.
ends 0 ranks 1 bench -model_type transformer -model_width 8 -model_layers 2 -model_heads 2 -bench_axes 1 \
  -bench_grid 20 -bench_words 5000 -bench_classes 3 -train_batch 4 -bench_seconds 0 \
  -bench_output table.csv > output 2> message
for row in embedding,forward block0.attention.heads,backward block0.feed.units,forward \
  "training step,whole" inference,whole; do
  grep -q "^$row,[0-9]*,[0-9.e-]" table.csv || fail "no \"$row\" in: $(cat table.csv)"
done
refused 2 "option -bench_words is for texts, of one axis, in classes" \
  "$KITINET" bench -model_type transformer -bench_words 50
refused 2 "needs whole samples: leave -ranks_per_sample out" \
  ranks 2 train -run wrong -dataset train.h5 -model_type transolver $tiny \
  -model_projection convolution -ranks_per_sample 2
refused 2 "-model_type transformer reads texts, the data have fields" "$KITINET" \
  train -run wrong -dataset train.h5 -model_type transformer
[ ! -e wrong ] && [ ! -e small.h5 ] || fail "something was made: $(ls)"
