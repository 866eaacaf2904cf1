# generate solves every conservation law: the same file on 1, 2, 3 and 4 ranks and in parts, which inspect finds whole,
# and every preset of theirs; a dataset's states are taken and given to PDEBench's layout; several ranks share a sample;
# what makes no sense is refused.
set -eu
. "$(dirname "$0")/refused.sh"
empty_folder
# check PDE ...: three samples, options of the equation without its name
check() {
  pde=$1 options=
  shift
  while [ $# -gt 0 ]; do options="$options -${pde}_$1 $2"; shift 2; done
  # shellcheck disable=SC2086 # a list of words
  ranks 1 generate -pde "$pde" $options -samples 3 -output "$pde.1.h5" > output 2> message ||
    fail "$pde: $(cat message)"
  # shellcheck disable=SC2086
  ranks 3 generate -pde "$pde" $options -samples 3 -output "$pde.3.h5" > output
  cmp "$pde.1.h5" "$pde.3.h5" || fail "$pde: 3 ranks make another file than one"
  ranks 1 inspect -input "$pde.1.h5" > output || fail "inspect $pde: $(cat output)"
  grep -q "$pde" output || fail "inspect does not name $pde: $(cat output)"
}
check advection grid 64 resolution 32 frames 3 speed_x -0.7 cfl 0.9
check burgers_grid axes 2 grid 24 frames 3 final_time 0.2 viscosity 0.01 flux hll order 3 waves 3
check compressible grid 24 frames 3 final_time 0.1 eta 1e-3 zeta 2e-3 gamma 1.5 mach 0.7 reconstruction weno5
check shallow_water axes 1 grid 32 frames 3 gravity 9.81 initial riemann h_low 1 h_high 3 froude 0.2 flux roe
check euler grid 32 resolution 16 frames 3 final_time 0.1 sides inflow,outflow,reflecting,outflow inflow 1,0.5,0,1
options_euler=$options

for n in 2 4; do
  # shellcheck disable=SC2086
  ranks $n generate -pde euler $options_euler -samples 3 -output euler.$n.h5 > output
  cmp euler.1.h5 euler.$n.h5 || fail "euler: $n ranks make another file than one"
done
# shellcheck disable=SC2086
ranks 2 generate -pde euler $options_euler -samples 2 -output part-0.h5 > output
# shellcheck disable=SC2086
ranks 1 generate -pde euler $options_euler -samples 1 -first 2 -output part-1.h5 > output
ranks 1 merge -input part-0.h5,part-1.h5 -output parts.h5 > output
cmp euler.1.h5 parts.h5 || fail "the parts do not make the whole"
ranks 1 inspect -input euler.1.h5 -picture > output || fail "no picture: $(cat output)"
grep -q "inflow, outflow; reflecting, outflow" output || fail "the sides are not told: $(cat output)"

# The same samples by two ranks each, up to rounding, which 32 bits hide.
# shellcheck disable=SC2086
ranks 2 generate -pde euler $options_euler -samples 3 -ranks_per_sample 2 -output shared.h5 > output
ranks 1 inspect -input euler.1.h5 | grep "^  output" > one
ranks 1 inspect -input shared.h5 | grep "^  output" | cmp - one || fail "two ranks on a sample make other fields"

# The states of a dataset, with viscosity; and PDEBench's names of a gas.
ranks 1 generate -pde compressible -from compressible.1.h5 -compressible_grid 24 -compressible_frames 2 -samples 3 \
  -compressible_final_time 0.01 -output from.h5 > output 2> message || fail "-from: $(cat message)"
ranks 1 convert -input compressible.1.h5 -format pdebench -output pdebench.h5 > output 2> message ||
  fail "$(cat message)"
ranks 1 convert -input pdebench.h5 -output back.h5 > output 2> message || fail "$(cat message)"
ranks 1 inspect -input compressible.1.h5 | grep "^  output" > one
for field in density pressure Vx Vy; do grep -q " $field " one || fail "no field $field"; done
ranks 1 inspect -input back.h5 | grep "^  output" | cmp - one || fail "PDEBench's layout changes the fields"
refused 3 "would store 128: set -euler_resolution" ranks 1 generate -pde euler -from euler.1.h5 -samples 1 -output no.h5

ranks 1 generate -pde euler -help > output
grep -q -e "-euler_sides  *boundary condition: periodic, .*; outflow if it is not given" output ||
  fail "$(grep -A1 sides output)"

for preset in "$KITINET_SOURCE"/configs/pdebench-*.yaml "$KITINET_SOURCE"/configs/euler-*.yaml; do
  case $preset in
  *-diffusion-* | *-incompressible*) continue ;; # walls.sh
  *-small.yaml) ranks 1 generate -options_file_yaml "$preset" -samples 1 -overwrite \
    -output preset.h5 > output 2> message || fail "$preset: $(cat message)" ;;
  *-3d.yaml) continue ;; # gigabytes
  *) ranks 1 generate -options_file_yaml "$preset" -samples 1 -output no.h5 -dry_run > output 2> message ||
    fail "$preset: $(cat message)" ;;
  esac
done

refused 2 "option -euler_cfl is 1.5, out of range" ranks 1 generate -pde euler -euler_cfl 1.5 -samples 1 -output no.h5
refused 2 "no flux hllc of this equation.*rusanov, hll, roe" ranks 1 generate \
  -pde advection -advection_flux hllc -samples 1 -output no.h5
refused 2 "-euler_flux" ranks 1 generate -pde euler -euler_flux exact -samples 1 -output no.h5
refused 2 "out of range" ranks 1 generate -pde euler -euler_density_low -1 -samples 1 -output no.h5
refused 2 "does not divide -euler_grid 32" ranks 1 generate -pde euler -euler_grid 32 \
  -euler_resolution 20 -samples 1 -output no.h5
refused 2 "choose from: periodic, outflow, reflecting, inflow" ranks 1 generate \
  -pde euler -euler_sides open -samples 1 -output no.h5
refused 2 "of axis 1 is periodic, the other is not" ranks 1 generate -pde euler \
  -euler_axes 1 -euler_sides periodic,outflow -samples 1 -output no.h5
refused 2 "not stable with -euler_reconstruction weno5" ranks 1 generate -pde euler \
  -euler_reconstruction weno5 -euler_order 2 -samples 1 -output no.h5
refused 2 "take -ranks_per_sample 1" ranks 2 generate -pde advection -ranks_per_sample 2 -samples 1 -output no.h5
refused 2 "take fewer -ranks_per_sample" ranks 4 generate -pde euler -euler_grid 6 \
  -ranks_per_sample 4 -samples 1 -output no.h5
if ls | grep -q no.h5; then fail "a refused run left a file: $(ls)"; fi
