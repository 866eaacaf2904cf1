# Coefficients that differ from sample to sample: -burgers_viscosity 0.02:0.2:log. The same file from any ranks, in
# parts, after a stop; given again, converted, shown; what is no range is refused.
set -eu
. "$(dirname "$0")/refused.sh"
empty_folder
range="-burgers_viscosity 0.02:0.2:log"
generate() { n=$1; shift; ranks "$n" generate -pde burgers -burgers_grid 256 -burgers_resolution 32 "$@"; }

for n in 1 3; do generate $n $range -samples 8 -output ranks$n.h5 > summary; done
cmp ranks1.h5 ranks3.h5 || fail "3 ranks wrote another file than one"
ranks 1 inspect -input ranks1.h5 > shown
for phrase in "of a sample  nu [1]: 0.02" "std" ", logarithmic" "burgers_viscosity: 0.02:0.2:log" \
  "all 8 checksums are right"; do
  grep -q -F -e "$phrase" shown || fail "no \"$phrase\" in: $(cat shown)"
done
if grep -q " nu = " shown; then fail "one nu of all samples: $(cat shown)"; fi

# Parts of the ensemble are its rows; a run that was stopped goes on.
generate 1 $range -samples 3 -output a.h5 > summary
generate 2 $range -first 3 -samples 5 -output b.h5 > summary
ranks 2 merge -input b.h5,a.h5 -output merged.h5 > summary
cmp ranks1.h5 merged.h5 || fail "the parts do not make the whole"
generate 1 -burgers_viscosity 0.02:0.3:log -first 8 -samples 1 -output other.h5 > summary
refused 3 \
  "other.h5 was made with \"burgers_viscosity: 0.02:0.3:log\", ranks1.h5 with \"burgers_viscosity: 0.02:0.2:log\"" \
  ranks 1 merge -input ranks1.h5,other.h5 -output new.h5
code=0; generate 1 $range -samples 8 -output stopped.h5 -max_time 1e-9 > summary || code=$?
[ $code -eq 75 ] || fail "exit code $code, expected 75"
generate 2 $range -samples 8 -output stopped.h5 > summary
grep -q "^going on with 1 of 8" summary || fail "begins afresh: $(cat summary)"
cmp ranks1.h5 stopped.h5 || fail "another file after a stop"

# Given inputs keep the coefficients of their dataset, or draw those of their samples.
generate 2 $range -from ranks1.h5 -output again.h5 > summary
generate 1 -samples 8 -output plain.h5 > summary
generate 1 $range -from plain.h5 -output drawn.h5 > summary
if has h5diff; then
  for array in parameters sample x; do
    h5diff ranks1.h5 again.h5 /$array > difference || fail "given again: $(cat difference)"
    h5diff ranks1.h5 drawn.h5 /$array > difference || fail "drawn for given inputs: $(cat difference)"
  done
  h5diff -d 1e-6 ranks1.h5 again.h5 /y > difference || fail "given again: $(cat difference)" # x was rounded to 32 bits
fi
refused 3 "row [0-9]* of ranks1.h5: nu is .*, outside -burgers_viscosity 0.1:0.2; widen the range" generate 2 \
  -burgers_viscosity 0.1:0.2 -from ranks1.h5 -output new.h5
generate 1 -burgers_viscosity 0.05 -from ranks1.h5 -output one.h5 > summary # one for all
ranks 1 inspect -input one.h5 > shown
grep -q "nu = 0.05" shown || fail "not the viscosity that was given: $(cat shown)"

# They move with their samples: rows, points, symmetries.
ranks 2 convert -input ranks1.h5 -first 2 -samples 4 -stride 2 -output thin.h5 > summary
ranks 1 inspect -input thin.h5 > shown
grep -q "nu \[1\]" shown || fail "convert lost the coefficient: $(cat shown)"
generate 1 $range -samples 20 -output more.h5 > summary
ranks 1 inspect -input more.h5 -check_symmetry > shown || fail "the symmetries do not hold: $(cat shown)"
grep -q "solver misses by" shown || fail "the solver was not asked: $(cat shown)"
refused 2 "format mat has no place for coefficients that differ from sample to sample: take -format native" ranks 1 \
  convert -input ranks1.h5 -format mat -output new.mat
generate 1 $range -samples 1000 -output new.h5 -dry_run > plan
grep -q "differs   from sample to sample: nu" plan || fail "the plan does not say what differs: $(cat plan)"

for bad in "2:1|is 2:1, an empty range" "0.1:0.1|an empty range" "-1:1|out of range: 1e-06 to 1000" \
  "0.1:1e9|out of range" "a:b|expected a number or a range" "1:2:lg|expected a number or a range" \
  "1:2:log:3|expected a number or a range" "nan:1|out of range" "1:inf|out of range" \
  ":2|expected a number or a range"; do
  refused 2 "option -burgers_viscosity .*${bad#*|}" generate 2 -samples 1 -burgers_viscosity "${bad%%|*}" -output new.h5
done
refused 2 "option -darcy_rhs_value is 0:1:log, of which a logarithm is none" ranks 1 generate -pde darcy \
  -darcy_rhs_value 0:1:log -samples 1 -output new.h5
refused 2 "option -darcy_high is a range, of which a lognormal permeability makes no use" ranks 1 generate -pde darcy \
  -darcy_coefficient lognormal -darcy_high 1:2 -samples 1 -output new.h5
for bad in "-cavity_lid uniform -cavity_lid_mean 0:1|-cavity_lid_mean is a range, of which only -cavity_lid random" \
  "-cavity_reynolds 10:50 -cavity_reynolds_low 5|-cavity_reynolds is a range: leave out -cavity_reynolds_low" \
  "-cavity_grid 16 -cavity_reynolds 10:500|-cavity_grid 16 does not resolve Reynolds number 500"; do
  # shellcheck disable=SC2086 # a list of words
  refused 2 "${bad#*|}" ranks 1 generate -pde cavity ${bad%%|*} -samples 1 -output new.h5
done
refused 2 "-helmholtz_wavenumber 40 on -helmholtz_grid 32: a wave has fewer than 6 cells" ranks 1 generate -pde \
  helmholtz -helmholtz_grid 32 -helmholtz_wavenumber 10:40:log -samples 1 -output new.h5
refused 2 "option -burgers_grid is \"64:128\", expected a whole number" ranks 1 generate -pde burgers -burgers_grid \
  64:128 -samples 1 -output new.h5
if ls | grep -q -e new -e partial; then fail "a refused run left a file: $(ls)"; fi
complete
