# generate solves every equation between walls: the same file on 1, 2, 3 and 4 ranks and in parts, which inspect finds
# whole, and every preset of theirs; several ranks share a sample; generate goes on where it was stopped; what makes no
# sense is refused.
set -eu
. "$(dirname "$0")/refused.sh"
rm -rf ./*
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
# together PDE: the same samples by two ranks each, up to rounding, which 32 bits hide
together() {
  # shellcheck disable=SC2086
  ranks 2 generate -pde "$1" $options -samples 3 -ranks_per_sample 2 -output shared.h5 -overwrite > output
  ranks 1 inspect -input "$1.1.h5" | grep "^  output" > one
  ranks 1 inspect -input shared.h5 | grep "^  output" | cmp - one || fail "$1: two ranks on a sample make other fields"
}
check diffusion_sorption grid 64 resolution 32 final_time 20 frames 3
check diffusion_reaction grid 64 resolution 32 final_time 0.01 frames 3
check heat_walls axes 3 grid 12 final_time 0.2 frames 3 sides neumann,robin,dirichlet,dirichlet,periodic,periodic \
  robin 0.2
together heat_walls
check helmholtz grid 24 wavenumber 10
together helmholtz
check elasticity grid 12
together elasticity
check incompressible grid 16 final_time 0.3 frames 3 sides slip,noslip,periodic,periodic
together incompressible
check wave grid 24 resolution 12 final_time 0.4 frames 3
together wave
check activator_inhibitor grid 24 resolution 12 final_time 0.5 frames 3
together activator_inhibitor

for n in 2 4; do
  # shellcheck disable=SC2086
  ranks $n generate -pde activator_inhibitor $options -samples 3 -output n.$n.h5 > output
  cmp activator_inhibitor.1.h5 n.$n.h5 || fail "$n ranks make another file than one"
done
# shellcheck disable=SC2086
ranks 2 generate -pde activator_inhibitor $options -samples 2 -output part-0.h5 > output
# shellcheck disable=SC2086
ranks 1 generate -pde activator_inhibitor $options -samples 1 -first 2 -output part-1.h5 > output
ranks 1 merge -input part-0.h5,part-1.h5 -output parts.h5 > output
cmp activator_inhibitor.1.h5 parts.h5 || fail "the parts do not make the whole"
ranks 1 inspect -input activator_inhibitor.1.h5 -picture > output || fail "no picture: $(cat output)"
for left in 2 1; do
  code=0
  # shellcheck disable=SC2086
  ranks 1 generate -pde activator_inhibitor $options -samples 3 -output stopped.h5 \
    -max_time 1e-9 > output 2> message || code=$?
  [ $code -eq 75 ] || fail "exit code $code, $left samples left: $(cat message)"
done
# shellcheck disable=SC2086
ranks 2 generate -pde activator_inhibitor $options -samples 3 -output stopped.h5 > output 2> message ||
  fail "$(cat message)"
cmp activator_inhibitor.1.h5 stopped.h5 || fail "another file where generate was stopped"
ranks 1 generate -pde heat_walls -from heat_walls.1.h5 -heat_walls_axes 3 \
  -heat_walls_grid 12 -samples 2 -output from.h5 > output 2> message ||
  fail "-from: $(cat message)"

for preset in "$KITINET_SOURCE"/configs/pdebench-diffusion-*.yaml \
  "$KITINET_SOURCE"/configs/pdebench-incompressible*.yaml; do
  case $preset in
  *-small.yaml) ranks 1 generate -options_file_yaml "$preset" -samples 1 -overwrite \
    -output preset.h5 > output 2> message || fail "$preset: $(cat message)" ;;
  *) ranks 1 generate -options_file_yaml "$preset" -samples 1 -output no.h5 -dry_run > output 2> message ||
    fail "$preset: $(cat message)" ;;
  esac
done

refused 2 "option -heat_walls_diffusivity is -1, out of range" ranks 1 generate \
  -pde heat_walls -heat_walls_diffusivity -1 -samples 1 -output no.h5
refused 2 "choose from: neumann, dirichlet, robin, periodic" ranks 1 generate \
  -pde heat_walls -heat_walls_sides open -samples 1 -output no.h5
refused 2 "does not divide -heat_walls_grid 32" ranks 1 generate -pde heat_walls \
  -heat_walls_grid 32 -heat_walls_resolution 20 -samples 1 -output no.h5
refused 2 "take -ranks_per_sample 1" ranks 2 generate -pde diffusion_reaction \
  -ranks_per_sample 2 -samples 1 -output no.h5
refused 2 "take fewer -ranks_per_sample" ranks 4 generate -pde heat_walls \
  -heat_walls_grid 6 -ranks_per_sample 4 -samples 1 -output no.h5
refused 1 "none of 2 samples could be solved" ranks 1 generate -pde diffusion_reaction \
  -diffusion_reaction_grid 32 -diffusion_reaction_low -3 \
  -diffusion_reaction_high -2 -diffusion_reaction_final_time 5 -samples 2 -output no.h5
if ls | grep -q no.h5; then fail "a refused run left a file: $(ls)"; fi
