# Every engine in 2 or 3 axes: two ranks share a sample with a coefficient of its own, given states are solved
# again, plans, pictures and provenance say what they should.
set -eu
. "$(dirname "$0")/refused.sh"
empty_folder
# check PDE AXES RANGE ..: two samples; RANGE is the option of a coefficient, without the equation's name, and its range
check() {
  pde=$1 axes=$2 range=$3 values=$4 options=
  shift 4
  while [ $# -gt 0 ]; do options="$options -${pde}_$1 $2"; shift 2; done
  # shellcheck disable=SC2086 # a list of words
  set -- -pde "$pde" $options "-${pde}_$range" "$values"
  ranks 1 generate "$@" -samples 2 -output "$pde.h5" > output 2> message || fail "$pde: $(cat message)"
  ranks 2 generate "$@" -samples 2 -ranks_per_sample 2 -output shared.h5 -overwrite > output 2> message ||
    fail "$pde: $(cat message)"
  ranks 1 inspect -input "$pde.h5" -picture > shown || fail "$pde: $(cat shown)"
  grep -q "of a sample  $range \[1\]" shown || fail "$pde does not say what differs: $(cat shown)"
  grep -q "${pde}_$range: $values" shown || fail "$pde: no provenance of the range: $(cat shown)"
  [ "$(grep "^  grid" shown | grep -o " x " | wc -l)" -eq $((axes - 1)) ] || fail "$pde: other axes: $(cat shown)"
  if has h5diff; then
    h5diff "$pde.h5" shared.h5 /parameters > difference || fail "$pde: two ranks draw another $range"
    h5diff -d 2e-6 "$pde.h5" shared.h5 /u > difference ||
      fail "$pde: two ranks on a sample make other fields: $(tail -1 difference)"
  fi
  # The states are solved again: from frame 0, which may have lost what its grid does not hold.
  ranks 1 generate "$@" -from "$pde.h5" -output again.h5 -overwrite > output 2> message ||
    fail "$pde -from: $(cat message)"
  if has h5diff; then
    h5diff "$pde.h5" again.h5 /parameters > difference || fail "$pde: -from has another $range"
    h5diff -d 1e-4 "$pde.h5" again.h5 /u > difference || fail "$pde -from: $(tail -1 difference)"
  fi
  ranks 2 generate "$@" -samples 100 -ranks_per_sample 2 -output planned.h5 -dry_run > plan
  for phrase in "problem   $pde: " "differs   from sample to sample: $range" "samples   100, 0 to 99 of seed 1" \
    "2, 2 for a sample"; do
    grep -q -F -e "$phrase" plan || fail "$pde: no \"$phrase\" in: $(cat plan)"
  done
  [ ! -e planned.h5 ] || fail "a plan wrote a file"
}
check navier_stokes 2 viscosity 0.001:0.01:log grid 16 final_time 1 frames 2
check gray_scott 2 feed 0.03:0.04 grid 64 final_time 1 frames 2
check heat 3 viscosity 0.01:0.1:log axes 3 grid 12 frames 2
check euler 2 gamma 1.3:1.6 grid 12 final_time 0.05 frames 2
check advection 3 speed_z -1:1 axes 3 grid 8 final_time 0.1 frames 2 initial radial
check heat_walls 3 diffusivity 0.01:0.1 axes 3 grid 8 final_time 0.1 frames 2
complete
