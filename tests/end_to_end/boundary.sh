# -model_boundary dirichlet: predictions have the boundary values of the training set, on other grids and through a
# checkpoint too; the same bits on two ranks; slabs agree; what does not fit is refused.
set -eu
. "$(dirname "$0")/common.sh"
generate() { ranks 1 generate -pde darcy -darcy_points nodes "$@" > output; }
generate -darcy_grid 17 -samples 12 -output train.h5
generate -darcy_grid 33 -samples 4 -first 12 -output fine.h5
ranks 1 generate -pde cavity -cavity_points nodes -cavity_grid 25 -cavity_lid random \
  -cavity_reynolds 50 -samples 6 -output cavity.h5 > output
ranks 1 generate -pde cavity -cavity_points cells -cavity_grid 24 -samples 6 -output lid.h5 > output
run="$network -model_boundary dirichlet -train_epochs 2"
on() {
  n=$1 run_to=$2 data=$3
  shift 3
  ranks "$n" train -run "$run_to" -dataset "$data" $run "$@" > output 2> message || fail "$(cat message)"
}

on 1 one train.h5
on 2 two train.h5
[ "$(weights one)" = "$(weights two)" ] || fail "other weights on two ranks"
for data in train fine; do
  ranks 1 predict -checkpoint one/checkpoint.h5 -input $data.h5 -output one.h5 -overwrite > output
  ranks 3 predict -checkpoint one/checkpoint.h5 -input $data.h5 -output three.h5 -overwrite -ranks_per_sample 3 > output
  # the solution is 0 on the boundary: so is the prediction, exactly
  "$tool" boundary one.h5 > largest
  [ "$(cat largest)" = 0 ] || fail "$data: the prediction is $(cat largest) on the boundary"
  awk -v d="$("$tool" difference three.h5 one.h5)" 'BEGIN { exit !(d < 1e-5) }' ||
    fail "$data: slabs predict other fields"
done
ranks 1 inspect -input one/checkpoint.h5 | grep -q 'model_boundary: dirichlet' || fail "the checkpoint does not say so"

"$tool" make waves.h5 periodic 0 1 1 16 16
"$tool" make flow.h5 cells 4 0 1 16 16
refused 2 'option -model_boundary is dirichlet, the dataset.s points are periodic' ranks 1 train -run bad \
  -dataset waves.h5 $run
refused 2 'option -model_boundary is dirichlet, the network predicts frames' ranks 1 train -run bad \
  -dataset flow.h5 $run
refused 2 'option -model_boundary is dirichlet, -train_normalizer is pointwise' ranks 1 train -run bad \
  -dataset train.h5 $run -train_normalizer pointwise
"$tool" make random.h5 nodes 0 1 1 16 16
refused 3 'option -model_boundary dirichlet: output field 1 has boundary values that differ' ranks 1 train -run bad \
  -dataset random.h5 $run
# a lid that differs from sample to sample; values that are not 0 beside the boundary
refused 3 'boundary values that differ from sample to sample' ranks 1 train -run bad -dataset cavity.h5 $run
refused 3 'continued from the cells to the boundary, is' ranks 1 train -run bad -dataset lid.h5 $run
[ ! -e bad/checkpoint.h5 ] || fail "a checkpoint of a training that was refused"
