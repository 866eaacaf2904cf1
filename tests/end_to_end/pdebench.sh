# convert -format pdebench: files that PDEBench's own loaders take (pdebench.py retypes what they assume), and that
# read back bit for bit.
set -eu
. "$(dirname "$0")/refused.sh"
empty_folder
make() { name=$1 samples=$2; shift 2; ranks 1 generate "$@" -samples "$samples" -output "$name.h5" > output 2> \
  message || fail "$name: $(cat message)"; }
write() { ranks 1 convert -input "$1" -format pdebench -output "$2" > output 2> message || fail "$1: $(cat message)"; }
mkdir groups

make advection 3 -pde advection -advection_grid 32 -advection_speed_x 0.4 -advection_frames 3
make burgers 2 -pde burgers_grid -burgers_grid_grid 32 -burgers_grid_viscosity 0.003183098861837907 \
  -burgers_grid_frames 3
make reaction 2 -pde diffusion_reaction -diffusion_reaction_axes 1 -diffusion_reaction_grid 32 \
  -diffusion_reaction_frames 3 -diffusion_reaction_sides periodic -diffusion_reaction_initial waves \
  -diffusion_reaction_nu 0.5 -diffusion_reaction_rho 1
gas="-pde compressible -compressible_frames 2 -compressible_final_time 0.01 -compressible_eta 1e-2"
gas="$gas -compressible_zeta 2e-2 -compressible_initial waves -compressible_sides periodic"
# shellcheck disable=SC2086 # a list of words
make gas1 2 $gas -compressible_axes 1 -compressible_grid 32 -compressible_length 2
# shellcheck disable=SC2086
make gas2 2 $gas -compressible_axes 2 -compressible_grid 12
make darcy 3 -pde darcy -darcy_grid 16 -darcy_rhs_value 2
make water 24 -pde shallow_water -shallow_water_axes 2 -shallow_water_grid 12 -shallow_water_length 5 \
  -shallow_water_frames 3 -shallow_water_final_time 0.1
make inhibitor 24 -pde activator_inhibitor -activator_inhibitor_axes 2 -activator_inhibitor_grid 12 \
  -activator_inhibitor_length 2 -activator_inhibitor_frames 3 -activator_inhibitor_final_time 0.1
make sorption 24 -pde diffusion_sorption -diffusion_sorption_grid 16 -diffusion_sorption_final_time 5 \
  -diffusion_sorption_frames 3
make flow 2 -pde incompressible -incompressible_axes 2 -incompressible_grid 12 -incompressible_final_time 0.1 \
  -incompressible_frames 3
for name in advection burgers reaction gas1 gas2 darcy flow; do write $name.h5 $name.hdf5; done
for name in inhibitor sorption; do write $name.h5 groups/$name.h5; done
write water.h5 groups/water.h5
grep -q "warning: PDEBench's shallow_water is h alone, its other fields are left out" message ||
  fail "not told what is left out: $(cat message)"

# Back, without being told anything; twice is once.
for file in advection.hdf5 gas2.hdf5 darcy.hdf5 groups/inhibitor.h5 groups/water.h5; do
  name=$(basename "${file%.*}")
  ranks 1 convert -input "$file" -output back.h5 -overwrite > output 2> message || fail "$file: $(cat message)"
  ranks 1 inspect -input "$name.h5" > shown
  ranks 1 inspect -input back.h5 > shown_back
  for side in output input; do
    if [ "$name" = water ]; then sed "/ V[xy] /d" shown > kept; else cp shown kept; fi
    grep "^  $side " kept > one || true
    grep "^  $side " shown_back | cmp - one || fail "$file: other fields: $(cat shown_back)"
  done
  grep "^  grid" shown_back > one
  grep "^  grid" shown | cmp - one || fail "$file: another grid: $(cat shown_back)"
  if has h5diff && [ "$name" != water ]; then
    array=$(case $name in darcy) echo y ;; *) echo u ;; esac)
    h5diff "$name.h5" back.h5 "/$array" > difference || fail "$file: other bits: $(cat difference)"
  fi
done
ranks 1 convert -input flow.hdf5 -output back.h5 -overwrite > output 2> message || fail "flow: $(cat message)"
ranks 1 inspect -input back.h5 > shown_back
for field in velocity1 velocity2 particles; do grep -q " $field " shown_back ||
  fail "no $field: $(cat shown_back)"; done
# shellcheck disable=SC2086
ranks 1 generate $gas -compressible_axes 1 -compressible_grid 32 -compressible_mach 0.1:1 -samples 2 -output \
  ranged.h5 > output 2> message && fail "the Mach number of initial states is no coefficient"
# shellcheck disable=SC2086
ranks 1 generate -pde advection -advection_grid 32 -advection_frames 3 -advection_speed_x 0.1:7 -samples 2 -output \
  ranged.h5 > output
refused 2 "format pdebench has no place for coefficients that differ from sample to sample" ranks 1 convert -input \
  ranged.h5 -format pdebench -output new.hdf5

python=
for candidate in /usr/bin/python3 python3; do
  if "$candidate" -c "import h5py" > /dev/null 2>&1; then python=$candidate; break; fi
done
[ -n "$python" ] || skip "no Python with h5py, by which PDEBench reads its files"
limited "$python" "$(dirname "$0")/pdebench.py" > output 2> message || fail "$(cat output message)"
complete
