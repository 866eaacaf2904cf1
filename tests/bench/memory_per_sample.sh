#!/bin/sh
# Memory of the largest rank where 1, 2 and 4 ranks share a sample (-ranks_per_sample): the most that each process ever
# held (VmHWM), through an epoch of training with its checkpoints.
#   sh tests/bench/memory_per_sample.sh [grid ...]
# Default network, micro-batches of one Darcy sample, a batch of 2. Writes jobs/results/memory_per_sample.csv. Needs
# build/release/kitinet; time does not matter.
set -eu
cd "$(dirname "$0")/../.."
. jobs/packages.sh
kitinet=build/release/kitinet
results=jobs/results/memory_per_sample.csv
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export OMP_NUM_THREADS=1

# A rank that has the kernel's word on its end: the shell's wait would know only that of mpiexec.
cat >"$work/rank.sh" <<'END'
"$@" &
rank=$!
while [ -r /proc/$rank/status ]; do
  sed -n 's/^VmHWM:[^0-9]*\([0-9]*\) kB/\1/p' /proc/$rank/status 2>/dev/null >>"$PEAKS.$rank" || true
  sleep 0.05
done
wait $rank
END
echo "grid,ranks_per_sample,mib_of_the_largest_rank,share" >$results
for grid in ${*:-512 1024}; do
  $kitinet generate -samples 2 -darcy_grid "$grid" -output "$work/$grid.h5" >"$work/log"
  for k in 1 2 4; do
    export PEAKS="$work/peak.$grid.$k"
    mpiexec --oversubscribe -n $k sh "$work/rank.sh" $kitinet train -run "$work/$grid.$k" -dataset "$work/$grid.h5" \
      -train_batch 2 -train_microbatch 1 -train_epochs 3 -checkpoint_every 1 -ranks_per_sample $k >"$work/log" 2>&1 || {
      cat "$work/log"
      exit 1
    }
    cat "$PEAKS".* | sort -n | tail -n 1 |
      awk -v grid="$grid" -v k=$k '{printf "%d,%d,%.0f\n", grid, k, $1 / 1024}' >>"$work/rows"
  done
done
awk -F, '$2 == 1 {whole[$1] = $3} {printf "%s,%.2f\n", $0, $3 / whole[$1]}' "$work/rows" >>$results
cat $results
