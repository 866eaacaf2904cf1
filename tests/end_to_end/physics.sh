# The equation in the loss (-task_physics), of samples with solutions and of inputs without (-dataset_inputs): the same
# bits on any number of ranks, after an interruption, and whatever stands there as a solution; networks that learn from
# inputs alone; what is refused.
set -eu
. "$(dirname "$0")/common.sh"
small_data
task_tool=$(dirname "$PWD")/task_tool
last_test() { tail -n 1 "$1/metrics.csv" | cut -d , -f 3; }
ranks 1 generate -darcy_grid 16 -samples 40 -first 100 -output inputs.h5 > output
"$task_tool" scale inputs.h5 unsolved.h5 nan
with="-task_physics 0.7 -dataset_inputs inputs.h5 -model_residual plain -train_epochs 3"

train 1 alone $with -dataset_test test.h5
grep -q 'the equation weighs 0.7 in the loss, which is all that is known of 40 samples (inputs.h5)' output ||
  fail "$(cat output)"
grep -q 'training on 64 samples' output || fail "$(cat output)"
train 3 three $with -dataset_test test.h5
cmp alone/checkpoint.h5 three/checkpoint.h5 || fail "other bits on 3 ranks"
ends 75 train 2 part $with -dataset_test test.h5 -max_time 1e-9
ends 0 ranks 1 train -run part -max_time 0 > output 2> message
cmp alone/checkpoint.h5 part/checkpoint.h5 || fail "the resumed run has another checkpoint"
course alone > expected
course part | cmp - expected || fail "the resumed run has other metrics"
train 1 blind -task_physics 0.7 -dataset_inputs unsolved.h5 -model_residual plain -train_epochs 3 -dataset_test test.h5
[ "$(weights blind)" = "$(weights alone)" ] || fail "the outputs of inputs are looked at"
ends 75 train 1 moved $with -max_time 1e-9
refused 3 'was trained with other inputs without solutions .*: give the -dataset_inputs it began with' \
  ranks 1 train -run moved -dataset_inputs test.h5

# Two samples with solutions: the equation takes the place of others.
few="-train_samples 2 -train_symmetry false -model_residual plain -model_modes 4 -model_width 16 -train_batch 6
  -train_microbatch 2 -train_lr 0.01 -dataset_test test.h5"
ranks 1 train -run few -dataset train.h5 $few -train_epochs 100 > output 2> message
ranks 1 train -run many -dataset train.h5 $few -train_epochs 14 -task_physics 1 \
  -dataset_inputs inputs.h5 > output 2> message
awk -v a="$(last_test few)" -v b="$(last_test many)" 'BEGIN { exit !(b < 0.8 * a) }' ||
  fail "test error $(last_test few) of two samples, $(last_test many) with inputs"

# Another command knows the option from the checkpoint, and needs no solver.
ranks 1 evaluate -run alone -dataset test.h5 -picture false > output || fail "$(cat output)"

"$tool" make foreign.h5 cells 0 1 1 16 16
ranks 1 generate -pde heat -heat_grid 16 -samples 4 -output waves.h5 > output
ranks 1 generate -pde cavity -cavity_grid 16 -cavity_reynolds 60 -samples 4 -output lids.h5 > output
refused 2 'option -task_physics is 1, waves.h5 holds trajectories: it is for steady problems' ranks 1 train -run no \
  -dataset waves.h5 $network -task_physics 1
refused 2 'lids.h5 holds cavity, of which no residual with a derivative is known; darcy has one' ranks 1 train -run no \
  -dataset lids.h5 $network -task_physics 1
refused 3 'foreign.h5 does not say which equation it solves' ranks 1 train -run no \
  -dataset foreign.h5 $network -task_physics 1
refused 2 'add -task_physics, for instance 1' ranks 1 train -run no -dataset train.h5 $network -dataset_inputs inputs.h5
refused 3 'fine.h5 has 32 points along an axis, the dataset has 16' ranks 1 train -run no \
  -dataset train.h5 $network -task_physics 1 -dataset_inputs fine.h5
refused 3 'waves.h5 is time-dependent' ranks 1 train -run no -dataset train.h5 $network \
  -task_physics 1 -dataset_inputs waves.h5
refused 2 'option -ranks_per_sample is 2, the equation of -task_physics needs whole samples' ranks 2 train -run no \
  -dataset train.h5 $network -task_physics 1 -ranks_per_sample 2
[ ! -e no ] || fail "a run of what was refused"
