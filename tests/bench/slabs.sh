#!/bin/sh
# One sample of Navier-Stokes flow on 64^3 points on two ranks, in slabs, against one rank: seconds of both in turns,
# as generate reports them.
#     sh tests/bench/slabs.sh [rounds]    5 rounds
# Prints a CSV: round, seconds on one rank, on two, ratio. Needs two idle cores: let nothing else run. Needs
# build/release/kitinet.
set -eu
cd "$(dirname "$0")/../.."
kitinet="${KITINET:-build/release/kitinet}"
rounds="${1:-5}"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1

# seconds RANKS: for one sample
seconds() {
  mpiexec --bind-to core -n "$1" "$kitinet" generate -pde navier_stokes_3d -navier_stokes_3d_grid 64 \
    -navier_stokes_3d_frames 2 -samples 4 -ranks_per_sample "$1" -output "$work/u.h5" -overwrite 2>/dev/null |
    awk '/ samples in / {for (i = 2; i < NF; i++) if ($i == "in") print $(i + 1) / $1}'
}

echo "round,one_s,two_s,ratio"
for round in $(seq "$rounds"); do
  one=$(seconds 1)
  two=$(seconds 2)
  echo "$round,$one,$two" | awk -F, '{printf "%s,%s,%s,%.2f\n", $1, $2, $3, $2 / $3}'
done
