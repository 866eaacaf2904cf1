# The second recipe does what the first does, or refuses in one line: odd grids, padding and widths on any number of
# ranks and threads, rollouts, space-time, spreads; not slabs, pruning, PyTorch's weights, nor grids that are too
# coarse.
set -eu
. "$(dirname "$0")/common.sh"
network="-model_type unet -model_width 5 -model_modes 2 -model_padding 0.2 -model_norm batch -train_epochs 2
  -train_batch 6 -train_microbatch 2"

ranks 1 generate -darcy_grid 13 -samples 12 -output train.h5 > /dev/null
ranks 1 generate -pde navier_stokes -samples 4 -navier_stokes_grid 16 -navier_stokes_final_time 4 \
  -navier_stokes_frames 4 -output flow.h5 > /dev/null

for n in 1 2 3 4; do
  export OMP_NUM_THREADS=$((n % 3 + 1))
  ends 0 train $n "run$n" -model_residual transport
  [ "$(weights "run$n")" = "$(weights run1)" ] ||
    fail "$n ranks of $OMP_NUM_THREADS threads train other weights than 1 of 2"
done
export OMP_NUM_THREADS=1

for form in "-train_rollout 2" "-train_form spacetime -model_padding_axes first -model_levels 1"; do
  # shellcheck disable=SC2086 # words
  ends 0 ranks 1 train -run "flow" -dataset flow.h5 $network $form > output 2> message
  rm -r flow
done
ends 0 train 1 spread
ranks 1 evaluate -checkpoint spread/best.h5 -dataset train.h5 -calibrate train.h5 \
  -collision_samples 4 -collision_evaluate sample > output 2> message ||
  fail "$(cat message)"

refused 2 "needs whole samples: leave -ranks_per_sample out" ranks 2 train -run slabs \
  -dataset train.h5 $network -ranks_per_sample 2
refused 2 "only networks built as those of -model_type fno or resnet are pruned" \
  "$KITINET" condense -checkpoint spread/best.h5 -dataset train.h5 -output small.h5
refused 3 "for which the original FNO has no name" "$KITINET" convert -format pytorch \
  -input spread/best.h5 -output torch.weights
refused 3 "the grid that the network coarsened 4 times has 1 points along an axis" \
  "$KITINET" train -run coarse -dataset train.h5 -model_type unet -model_modes 2 -model_levels 5
[ ! -e slabs ] && [ ! -e small.h5 ] && [ ! -e torch.weights ] && [ ! -e coarse ] || fail "something was made: $(ls)"
