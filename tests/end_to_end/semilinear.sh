# generate solves every semilinear equation: the same file on 1, 2, 3 and 4 ranks and in parts, which inspect finds
# whole, and every preset of theirs; what makes no sense is refused.
set -eu
. "$(dirname "$0")/refused.sh"
empty_folder
# check PDE ...: three samples, options of the equation without its name
check() {
  pde=$1 options=
  shift
  while [ $# -gt 0 ]; do options="$options -${pde}_$1 $2"; shift 2; done
  ranks 1 generate -pde $pde $options -samples 3 -output $pde.1.h5 > output 2> message || fail "$pde: $(cat message)"
  ranks 3 generate -pde $pde $options -samples 3 -output $pde.3.h5 > output
  cmp $pde.1.h5 $pde.3.h5 || fail "$pde: 3 ranks make another file than one"
  ranks 1 inspect -input $pde.1.h5 > output || fail "inspect $pde: $(cat output)"
  grep -q "$pde" output || fail "inspect does not name $pde: $(cat output)"
}
check heat grid 32 frames 3
check dispersion grid 32 frames 3
check kdv grid 256 resolution 64 final_time 0.2 frames 3
options_kdv=$options
check kuramoto_sivashinsky grid 128 resolution 64 final_time 1 spin_up 2 frames 3
check fisher_kpp grid 256 resolution 64 final_time 0.2 frames 3
check allen_cahn grid 96 resolution 32 final_time 0.2 frames 3
check swift_hohenberg grid 96 resolution 32 final_time 1 frames 3
check gray_scott grid 128 resolution 32 final_time 2 frames 3
check fitzhugh_nagumo grid 96 resolution 32 final_time 0.2 frames 3
check schroedinger grid 192 resolution 64 final_time 0.1 frames 3
check vector_burgers grid 64 resolution 32 final_time 0.2 frames 3
check navier_stokes_3d grid 27 resolution 20 final_time 0.05 frames 3

for n in 2 4; do
  ranks $n generate -pde kdv $options_kdv -samples 3 -output kdv.$n.h5 > output
  cmp kdv.1.h5 kdv.$n.h5 || fail "kdv: $n ranks make another file than one"
done
ranks 2 generate -pde kdv $options_kdv -samples 2 -output part-0.h5 > output
ranks 1 generate -pde kdv $options_kdv -samples 1 -first 2 -output part-1.h5 > output
ranks 1 merge -input part-0.h5,part-1.h5 -output parts.h5 > output
cmp kdv.1.h5 parts.h5 || fail "the parts do not make the whole"
ranks 1 inspect -input kdv.1.h5 -picture > output || fail "no picture: $(cat output)"

for preset in "$KITINET_SOURCE"/configs/kdv*.yaml "$KITINET_SOURCE"/configs/kuramoto-sivashinsky*.yaml; do
  ranks 1 generate -options_file_yaml "$preset" -samples 1 -output preset.h5 -dry_run > output 2> message ||
    fail "$preset: $(cat message)"
done

refused 2 "option -kdv_grid is 4, out of range" ranks 1 generate -pde kdv -kdv_grid 4 -samples 1 -output no.h5
refused 2 "option -heat_viscosity is -1, out of range" ranks 1 generate -pde heat \
  -heat_viscosity -1 -samples 1 -output no.h5
refused 2 "take -ranks_per_sample 1" ranks 2 generate -pde kdv -ranks_per_sample 2 -samples 1 -output no.h5
refused 1 "none of 2 samples could be solved.*raise -kdv_grid" ranks 1 generate \
  -pde kdv -kdv_grid 32 -kdv_final_time 5 -samples 2 -output no.h5
if ls | grep -q no.h5; then fail "a refused run left a file: $(ls)"; fi
