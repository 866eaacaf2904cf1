#!/bin/sh
# What a sample costs as the grid grows, and as the batch does: training steps and inference of the default network, on
# one thread.
#   sh tests/bench/cost.sh [seconds]
# Writes jobs/results/cost.csv: grid, batch, milliseconds a sample in a training step and in inference, nanoseconds a
# point and sample of either. Each case repeats its step for so many seconds (1). Needs build/release/kitinet.
set -eu
cd "$(dirname "$0")/../.."
. jobs/packages.sh
kitinet="${KITINET:-build/release/kitinet}"
results="${OUTPUT:-jobs/results/cost.csv}"
seconds="${1:-1}"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export OMP_NUM_THREADS=1

# milliseconds WHAT GRID BATCH: of the whole batch
milliseconds() {
  "$kitinet" bench -bench_what "$1" -bench_grid "$2" -train_batch "$3" -train_microbatch "$(($3 < 4 ? $3 : 4))" \
    -bench_seconds "$seconds" -bench_output "$work/table.csv" >"$work/output" 2>&1 || {
    cat "$work/output" >&2
    exit 1
  }
  awk -F, '$2 == "whole" {print $4}' "$work/table.csv"
}

echo "grid,batch,train_ms,inference_ms,train_ns_a_point,inference_ns_a_point" >"$work/results"
for case in "32 16" "64 16" "128 16" "256 4" "512 4" "64 4" "64 64" "64 256"; do
  set -- $case
  echo "$(milliseconds step "$1" "$2") $(milliseconds inference "$1" "$2")" |
    awk -v n="$1" \
      -v b="$2" \
      '{printf "%d,%d,%.4f,%.4f,%.1f,%.1f\n", n, b, $1 / b, $2 / b, 1e6 * $1 / b / n / n, 1e6 * $2 / b / n / n}' \
      >>"$work/results"
done
mv "$work/results" "$results"
cat "$results"
