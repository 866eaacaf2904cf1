#!/bin/sh
# What ranks that share a sample (-ranks_per_sample) save in time: seconds of an epoch of two Darcy samples on 1 rank
# and on 2, in turn, one thread each; for comparison, two ranks that take a sample each.
#   sh tests/bench/ranks_per_sample.sh [rounds] [grid ...]
# Default network, micro-batches of one sample, a batch of 2; the last of three epochs of each training; 3 rounds at 512
# and 1024. Writes jobs/results/ranks_per_sample.csv: a row for each round, and the ratios to one rank. Needs
# build/release/kitinet and idle cores.
set -eu
cd "$(dirname "$0")/../.."
. jobs/packages.sh
kitinet="${KITINET:-build/release/kitinet}"
results="${OUTPUT:-jobs/results/ranks_per_sample.csv}"
rounds="${1:-3}"
[ $# -eq 0 ] || shift
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export OMP_NUM_THREADS=1

# seconds GRID RANKS RANKS_PER_SAMPLE
seconds() {
  rm -rf "$work/run"
  mpiexec -n "$2" "$kitinet" train -run "$work/run" -dataset "$work/$1.h5" -train_batch 2 -train_microbatch 1 \
    -train_epochs 3 -checkpoint_every 1000 -ranks_per_sample "$3" >"$work/log" 2>&1 || { cat "$work/log" >&2; exit 1; }
  awk -F, 'NR == 1 {for (i = 1; i <= NF; i++) if ($i == "seconds") c = i} END {print $c}' "$work/run/metrics.csv"
}

for grid in ${*:-512 1024}; do
  $kitinet generate -samples 2 -darcy_grid "$grid" -output "$work/$grid.h5" >"$work/log"
  for round in $(seq "$rounds"); do
    one=$(seconds "$grid" 1 1)
    echo "$grid,$round,$one,$(seconds "$grid" 2 1),$(seconds "$grid" 2 2)"
  done
done | awk -F, 'BEGIN {print "grid,round,one_rank_s,two_samples_s,shared_s,two_samples_speedup,shared_speedup"}
  {printf "%s,%.2f,%.2f\n", $0, $3 / $4, $3 / $5; fflush()}' | tee "$work/results"
mv "$work/results" "$results"
