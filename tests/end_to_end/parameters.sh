# Networks that see the parameters of each sample, and fields that stand still beside trajectories: better than
# without, the same on any ranks and after a stop; evaluated, predicted, averaged, condensed, exported; what does
# not fit is refused.
set -eu
. "$(dirname "$0")/common.sh"
burgers() { ranks 1 generate -pde burgers -burgers_grid 256 -burgers_resolution 32 -burgers_tolerance 1e-6 \
  -burgers_final_time 0.4 "$@" > summary; }
small="-model_width 12 -model_modes 6 -model_layers 3 -model_head 16 -train_batch 10 -train_lr 5e-3"
range="-burgers_viscosity 5e-3:1e-1:log"
learn() { n=$1 run=$2; shift 2; ranks "$n" train -run "$run" $small "$@" > output 2> message; }
error() { awk -v run="$1" -v name="$2" '$1 == run && $2 == name { print $3; exit }' output; } # %, of the second table

# Steady and in time, frame by frame: the viscosity explains most of the error of a network that does not see it.
burgers $range -samples 200 -output x.h5
burgers $range -samples 40 -first 200 -output x_test.h5
burgers $range -burgers_frames 5 -samples 80 -output u.h5
burgers $range -burgers_frames 5 -samples 30 -first 200 -output u_test.h5
for kind in x u; do
  for sees in true false; do learn 1 ${kind}_$sees -dataset $kind.h5 -dataset_test ${kind}_test.h5 -train_epochs 12 \
    -train_parameters $sees; done
  ranks 1 evaluate -run ${kind}_true,${kind}_false -dataset ${kind}_test.h5 -picture false > output
  with=$(error ${kind}_true ${kind}_test) without=$(error ${kind}_false ${kind}_test)
  awk -v a="$with" -v b="$without" 'BEGIN { exit !(a > 0 && a < 0.5 * b) }' ||
    fail "$kind: $with % with the viscosity, $without % without: $(cat output)"
done

# The same bits on two ranks, and after a stop in the middle of an epoch.
learn 1 whole -dataset u.h5 -train_epochs 2
learn 2 two -dataset u.h5 -train_epochs 2
ends 75 learn 1 part -dataset u.h5 -train_epochs 2 -max_time 1e-9
ends 0 learn 2 part -max_time 0
for run in two part; do cmp whole/checkpoint.h5 $run/checkpoint.h5 || fail "$run has another checkpoint"; done

# What the network sees is said, kept with predictions, and may be one number of a whole dataset.
ranks 1 inspect -input u_true/best.h5 > shown
grep -q "inputs      nu \[1\] logarithmic" shown || fail "inspect does not say what the network sees: $(cat shown)"
ranks 2 predict -checkpoint u_true/best.h5 -input u_test.h5 -output predicted.h5 > output
ranks 1 inspect -input predicted.h5 > shown
grep -q "of a sample  nu \[1\]" shown || fail "predictions without their parameters: $(cat shown)"
if grep -q "input   nu" shown; then fail "the parameter became a field: $(cat shown)"; fi
burgers -burgers_viscosity 0.02 -burgers_frames 5 -samples 20 -first 300 -output one.h5
ranks 1 evaluate -run u_true -dataset one.h5 -picture false > output
awk -v a="$(error u_true one)" 'BEGIN { exit !(a > 0 && a < 25) }' || fail "of one viscosity: $(cat output)"
ranks 1 generate -pde kdv -kdv_grid 128 -kdv_resolution 32 -kdv_final_time 0.4 -kdv_frames 5 -kdv_unresolved 1 \
  -samples 2 -output kdv.h5 > summary
refused 3 'kdv.h5 has no parameter "nu", which the network sees' ranks 1 evaluate -run u_true -dataset kdv.h5

# Means over symmetries, all frames at once, passes with a spread, a smaller network, weights for PyTorch.
ranks 1 evaluate -run u_true -dataset u_test.h5 -symmetry_average 4 -picture false > output
awk -v a="$(error u_true u_test)" -v b="$with" 'BEGIN { exit !(a > 0 && a < 1.1 * b) }' ||
  fail "averaged over symmetries: $(cat output), $with % without"
small=$(echo "$small" | sed "s/-model_modes 6/-model_modes 2/")
learn 1 at_once -dataset u.h5 -train_epochs 2 -train_form spacetime
ranks 1 evaluate -run at_once -dataset u_test.h5 -picture false > output
ranks 1 evaluate -run x_true -dataset x_test.h5 -collision_samples 3 -collision_evaluate sample -picture false > output
ranks 1 condense -checkpoint x_true/best.h5 -dataset x.h5 -condense_samples 20 -condense_width 6 -output smaller.h5 > \
  output 2> message || fail "condense: $(cat message)"
ranks 1 evaluate -checkpoint smaller.h5 -dataset x_test.h5 -picture false > output
ranks 1 convert -input x_true/best.h5 -format pytorch -output weights.h5 > output
ranks 1 convert -input weights.h5 -like x_true/best.h5 -format pytorch -output back.h5 > output
for file in x_true/best.h5 back.h5; do ranks 1 inspect -input $file | grep SHA-256 > $(basename $file).sha; done
cmp best.h5.sha back.h5.sha || fail "the weights changed on their way to PyTorch's names and back"

# A random force beside Navier-Stokes flow: stored as /x, drawn alike for any ranks, given again, seen by networks.
flow="-pde navier_stokes -navier_stokes_grid 24 -navier_stokes_resolution 16 -navier_stokes_forcing random"
flow="$flow -navier_stokes_frames 4 -navier_stokes_final_time 1.5 -navier_stokes_viscosity 1e-3:1e-2:log"
flow="$flow -navier_stokes_force_alpha 3 -navier_stokes_force_tau 5 -navier_stokes_force_scale 0.2"
for n in 1 2; do ranks $n generate $flow -samples 20 -output flow$n.h5 > summary; done
cmp flow1.h5 flow2.h5 || fail "2 ranks wrote another file than one"
ranks 1 inspect -input flow1.h5 -check_symmetry > shown || fail "symmetries: $(cat shown)"
for phrase in "input   f" "reflect(x) w=-w f=-f" "of a sample  viscosity" "navier_stokes_force_scale: 0.2" \
  "solver misses by"; do
  grep -q -F "$phrase" shown || fail "no \"$phrase\" in: $(cat shown)"; done
ranks 1 generate $flow -from flow1.h5 -first 3 -samples 2 -output again.h5 > summary
ranks 2 generate $flow -samples 2 -ranks_per_sample 2 -output shared.h5 > summary
if has h5diff; then
  ranks 1 convert -input flow1.h5 -first 3 -samples 2 -output rows.h5 > summary
  for array in x parameters; do h5diff rows.h5 again.h5 /$array > difference ||
    fail "given again: $(cat difference)"; done
  h5diff -d 1e-3 rows.h5 again.h5 /u > difference || fail "given again: $(cat difference)"
  ranks 1 convert -input flow1.h5 -samples 2 -output rows2.h5 -overwrite > summary
  h5diff -d 1e-4 rows2.h5 shared.h5 /u > difference || fail "by two ranks: $(cat difference)"
fi
ranks 1 train -run flow -dataset flow1.h5 -model_width 6 -model_modes 3 -model_layers 2 -train_batch 5 -train_epochs \
  2 > output 2> message || fail "$(cat message)"
ranks 2 predict -checkpoint flow/best.h5 -input flow1.h5 -output flow_predicted.h5 > output || fail "$(cat output)"
ranks 1 inspect -input flow_predicted.h5 > shown
grep -q "input   f" shown || fail "the force is lost: $(cat shown)"
ranks 1 generate $(echo "$flow" | sed "s/forcing random/forcing none/; s/-navier_stokes_force_[a-z]* [0-9.]*//g") \
  -samples 2 -output calm.h5 > summary
refused 3 "calm.h5 has 1 input fields, the network was trained on 2" ranks 1 predict -checkpoint flow/best.h5 -input \
  calm.h5 -output new.h5
refused 3 "calm.h5 holds 0 input fields, navier_stokes takes 1" ranks 1 generate $flow -from calm.h5 -output new.h5
refused 2 "has no place for coefficients that differ" ranks 1 convert -input flow1.h5 -format the_well -output new.hdf5
if ls | grep -q -e new -e partial; then fail "a refused run left a file: $(ls)"; fi
complete
