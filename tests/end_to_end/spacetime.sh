# Trajectories at once, time as one more axis: kitinet train is the same for any number of ranks and goes on bit for
# bit; it learns; evaluate and predict agree. What does not fit is refused.
set -eu
. "$(dirname "$0")/common.sh"
line() {
  n=$1 file=$2
  shift 2
  ranks 1 generate -pde burgers -burgers_grid 256 -burgers_resolution $n -burgers_viscosity 0.05 \
    -output $file "$@" > /dev/null
}
line 32 train.h5 -samples 48 -burgers_frames 9
line 32 test.h5 -samples 4 -first 48 -burgers_frames 9
line 64 fine.h5 -samples 3 -first 60 -burgers_frames 9
network="-train_form spacetime -train_history 1 -model_padding 0.25 -model_padding_axes first -model_modes 4
  -model_width 8 -model_head 16 -train_batch 6 -train_microbatch 2"
for n in 1 2; do train $n run.$n -dataset_test test.h5 -train_epochs 30; done
cmp run.1/checkpoint.h5 run.2/checkpoint.h5 || fail "2 ranks leave another checkpoint than one"
ends 75 train 1 part -dataset_test test.h5 -train_epochs 30 -max_time 1e-9
ends 0 train 2 part -dataset_test test.h5 -train_epochs 30 -max_time 0
cmp run.1/checkpoint.h5 part/checkpoint.h5 || fail "the resumed run has another checkpoint"
ranks 2 evaluate -run run.1 -dataset test.h5,fine.h5 -output table.csv > output
error() { sed -n 2p table.csv | cut -d , -f "$1"; }
for column in 5 8; do
  awk -v e="$(error $column)" 'BEGIN { exit !(e < 0.25) }' || fail "nothing was learned: $(cat table.csv)"
done
ranks 1 predict -checkpoint run.1/checkpoint.h5 -input test.h5 -output predicted.h5 > output
close "$(error 5)" "$("$tool" difference predicted.h5 test.h5 1)" 1e-6 ||
  fail "predictions are $("$tool" difference predicted.h5 test.h5 1) away, evaluate says $(error 5)"

# Two axes and time.
"$tool" make torus.h5 periodic 8 0 2 9 8
ranks 2 train -run torus -dataset torus.h5 -train_form spacetime -model_modes 3 \
  -model_width 4 -model_head 8 -train_history 2 -train_epochs 2 > output 2> message
ranks 1 evaluate -run torus -dataset torus.h5 > output

"$tool" make cube.h5 periodic 4 0 1 8 8 8
"$tool" make steady.h5 periodic 0 1 1 16 16
line 32 short.h5 -samples 2 -burgers_frames 5
new() { ranks 1 train -run new -model_modes 4 -train_form spacetime "$@"; }
unchanged refused 2 "option -train_form is spacetime, the dataset has 3 axes" new -dataset cube.h5
unchanged refused 2 "option -train_form is spacetime, the dataset is steady" new -dataset steady.h5
unchanged refused 2 "option -train_rollout is 2, with -train_form spacetime there are no steps" \
  new -dataset train.h5 -train_rollout 2
unchanged refused 3 "short.h5 has 5 frames: the network takes 1 and predicts the 8 that follow at once" \
  ranks 1 evaluate -picture false -run run.1 -dataset short.h5
