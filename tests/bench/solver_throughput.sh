#!/bin/sh
# Throughput of the solvers on one core against Python on the same core, in turn, in one run:
#   Darcy 421 x 421 against scipy's sparse direct solver and pyamg: ours once with drawing the coefficients, once, as
#   Python does, from those of a file;
#   Navier-Stokes 64 x 64 (the benchmark's scheme, and the default one) against numpy.
#
#     PYTHON=venv/bin/python sh tests/bench/solver_throughput.sh      PYTHON with numpy, scipy, h5py, pyamg
#
# Writes jobs/results/solver_throughput.csv: problem, round, ours (seconds), python (seconds), ratio. Needs
# build/release/kitinet.
set -eu
cd "$(dirname "$0")/../.."
. jobs/packages.sh
kitinet="${KITINET:-build/release/kitinet}"
python="${PYTHON:-python3}"
results="${OUTPUT:-jobs/results/solver_throughput.csv}"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1

# seconds COMMAND...: for one sample of what the command generates, as the program reports its rate: without start-up,
# with writing
seconds() {
  "$@" 2>/dev/null | awk '/ samples in / {for (i = 2; i < NF; i++) if ($i == "a" &&
    $(i + 1) ~ /^second/) printf "%.6g", 1 / $(i - 1)}'
}

row() {
  echo "$1,$2,$3,$4" | awk -F, '{printf "%s,%s,%s,%s,%.2f\n", $1, $2, $3, $4, $4 / $3}' | tee -a "$results"
}

echo "problem,round,ours_s,python_s,ratio" | tee "$results"
for round in 1 2 3; do
  darcy="-pde darcy -darcy_grid 421 -overwrite"
  # shellcheck disable=SC2086 # a list of words
  ours=$(seconds "$kitinet" generate $darcy -samples 48 -output "$work/darcy.h5")
  # shellcheck disable=SC2086
  given=$(seconds "$kitinet" generate $darcy -from "$work/darcy.h5" -output "$work/again.h5")
  for method in direct amg; do
    python_s=$($python tests/bench/darcy_python.py $method "$work/darcy.h5" 6 | cut -d' ' -f1)
    row "darcy 421 x 421; one sample; $method" $round "$ours" "$python_s"
    row "darcy 421 x 421; one sample; $method; its coefficients given" $round "$given" "$python_s"
  done

  steps=10000 # to t = 1 with the benchmark's dt 1e-4
  flow="-pde navier_stokes -navier_stokes_grid 64 -navier_stokes_viscosity 1e-3 -navier_stokes_forcing li2020
    -navier_stokes_final_time 1 -navier_stokes_frames 2 -overwrite"
  python_s=$($python tests/bench/li2020_navier_stokes.py time 64 $steps | awk -v steps=$steps '{print $1 * steps}')
  # shellcheck disable=SC2086 # a list of words
  row "navier_stokes 64 x 64 to t = 1; li2020 in both" $round \
    "$(seconds "$kitinet" generate $flow -samples 1 -navier_stokes_scheme li2020 \
    -navier_stokes_dt 1e-4 -output "$work/a.h5")" "$python_s"
  # shellcheck disable=SC2086
  row "navier_stokes 64 x 64 to t = 1; default scheme against li2020" $round \
    "$(seconds "$kitinet" generate $flow -samples 20 -output "$work/b.h5")" "$python_s"
done
