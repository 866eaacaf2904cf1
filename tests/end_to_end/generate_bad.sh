# generate -from a dataset some of whose rows are bad. What its equation has no solution for is named and not stored,
# the other rows are; where a row is no number, or a coefficient out of its range, the whole is refused with one line.
set -eu
. "$(dirname "$0")/refused.sh"
empty_folder
tool=$(dirname "$PWD")/dataset_tool
said() { grep -q -e "^$1" summary || fail "no \"$1\" in: $(cat summary)"; }

# A gas of negative density, of negative pressure, and a vacuum: 16 cells, density, velocity and pressure in turn.
gas() {
  n=$1; shift
  ranks "$n" generate -pde euler -euler_axes 1 -euler_grid 16 -euler_final_time 0.02 -euler_frames 2 "$@"
}
gas 1 -samples 8 -output sound.h5 > summary
"$tool" plant sound.h5 density.h5 2 y 5 -1
"$tool" plant density.h5 pressure.h5 5 y 35 -0.5
"$tool" plant pressure.h5 bad.h5 7 y 9 0
for n in 1 3; do
  gas $n -from bad.h5 -output gas$n.h5 > summary || fail "three bad rows of eight end with $?"
  said "5 samples in "
  said "3 excluded: 2, 5, 7$"
  said "the first excluded sample: .* density or pressure is not positive"
done
cmp gas1.h5 gas3.h5 || fail "three ranks write another file than one"
ranks 1 inspect -input gas1.h5 > shown
grep -q "all 5 checksums are right" shown || fail "not five rows: $(cat shown)"
gas 1 -from sound.h5 -output all.h5 > summary
said "8 samples in "
if has h5dump && has h5diff; then
  h5dump -d /sample gas1.h5 > shown
  grep -q "0, 1, 6, 3, 4" shown || fail "other samples: $(cat shown)"
  set -- 0 0 1 1 2 6 3 3 4 4 # row among the stored ones, whose last fill the holes, and row among all
  while [ $# -gt 0 ]; do
    ranks 1 convert -input gas1.h5 -first "$1" -samples 1 -output one.h5 -overwrite > summary
    ranks 1 convert -input all.h5 -first "$2" -samples 1 -output other.h5 -overwrite > summary
    h5diff one.h5 other.h5 /u > difference || fail "stored row $1 is not row $2: $(cat difference)"
    shift 2
  done
fi

# A permeability of the wrong sign.
ranks 1 generate -darcy_grid 16 -samples 3 -output darcy.h5 > summary
"$tool" plant darcy.h5 negative.h5 1 x 7 -1
ranks 1 generate -darcy_grid 16 -from negative.h5 -output positive.h5 > summary
said "2 samples in "
said "1 excluded: 1$"
said "the first excluded sample: a value of the coefficient a is not between"

# No row can be solved: no file.
"$tool" plant darcy.h5 zero.h5 0 x 0 0
refused 1 "none of 1 samples could be solved" ranks 1 generate -darcy_grid 16 -from zero.h5 -samples 1 -output new.h5

# A wave that would take the solver millions of steps: it is left out, the others are as they were.
kdv() { n=$1; shift; ranks "$n" generate -pde kdv -kdv_frames 2 -kdv_final_time 0.1 -kdv_max_steps 3000 "$@"; }
kdv 1 -samples 3 -output kdv.h5 > summary
"$tool" plant kdv.h5 spike.h5 1 y 7 1e6
for scheme in adams etdrk4 imex; do
  kdv 2 -from spike.h5 -kdv_scheme $scheme -output $scheme.h5 > summary
  said "2 samples in "
  said "1 excluded: 1$"
  said "the first excluded sample: 3000 steps, the most allowed (max_steps), end at time "
done

# Each engine counts its steps.
for engine in "euler -euler_axes 1 -euler_grid 16" "wave -wave_grid 16" \
  "diffusion_sorption -diffusion_sorption_grid 16" \
  "incompressible -incompressible_grid 16" "navier_stokes -navier_stokes_grid 16" "fisher_kpp -fisher_kpp_grid 32" \
  "diffusion_reaction -diffusion_reaction_grid 16"; do
  # shellcheck disable=SC2086 # a list of words
  refused 1 "none of 2 samples could be solved (.*max_steps" ranks 2 generate -pde $engine \
    "-${engine%% *}_max_steps" 2 -samples 2 -output few.h5
done

# No number, in what is solved or in the force beside it; a viscosity of the wrong sign.
"$tool" plant sound.h5 nan.h5 4 y 6 nan
for n in 1 3; do
  refused 3 "nan.h5: row 4 (sample 4) holds NaN or infinite values in \"density\"" gas $n -from nan.h5 -output part$n.h5
done
heat="-pde heat -heat_grid 32 -heat_frames 2 -heat_forcing random"
# shellcheck disable=SC2086 # a list of words
ranks 1 generate $heat -samples 3 -output heat.h5 > summary
"$tool" plant heat.h5 inf.h5 1 x 3 inf
# shellcheck disable=SC2086
refused 3 "inf.h5: row 1 (sample 1) holds NaN or infinite values in \"f\"" ranks 1 generate $heat -from inf.h5 \
  -output part.h5
burgers() { ranks 1 generate -pde burgers -burgers_grid 64 -burgers_viscosity 0.02:0.2 "$@"; }
burgers -samples 4 -output burgers.h5 > summary
for value in -0.1 0; do # the writer takes no nan
  "$tool" plant burgers.h5 wrong.h5 2 p 0 $value
  refused 3 "row 2 of wrong.h5: nu is $value, outside -burgers_viscosity 0.02:0.2" burgers -from wrong.h5 -output new.h5
done
if ls | grep -q new.h5; then fail "a refused run left a file: $(ls)"; fi

# The force is given back with its state.
# shellcheck disable=SC2086
ranks 1 generate $heat -from heat.h5 -output again.h5 > summary
if has h5diff; then
  h5diff heat.h5 again.h5 /x > difference || fail "another force: $(cat difference)"
  h5diff -d 1e-6 heat.h5 again.h5 /u > difference || fail "another solution: $(cat difference)" # u(0) had 32 bits
fi
complete
