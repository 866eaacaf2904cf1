#!/bin/sh
# What the collisions cost: epochs of the plain residual network and of KITINet, in turn, on one rank with one thread.
#   sh tests/bench/collision_overhead.sh [rounds]
# Writes jobs/results/collision_overhead.csv: grid, round, residual, seconds an epoch (median of the round's epochs),
# MFLOP a sample and step; prints the ratios (median over rounds). Needs build/release/kitinet.
set -eu
cd "$(dirname "$0")/../.."
. jobs/packages.sh
kitinet=build/release/kitinet
results=jobs/results/collision_overhead.csv
rounds="${1:-5}"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export OMP_NUM_THREADS=1

echo "grid,round,residual,seconds_an_epoch,mflop" >$results
for grid in 32 64; do
  $kitinet generate -samples 200 -darcy_grid $grid -output "$work/$grid.h5" >"$work/log" 2>&1
  for round in $(seq "$rounds"); do
    for residual in plain collision; do
      $kitinet train -run "$work/$grid-$round-$residual" -dataset "$work/$grid.h5" \
        -model_residual $residual -train_epochs 6 -checkpoint_every 6 >"$work/log" 2>&1
      mflop=$(awk '/MFLOP forward/ {print $1 + $5}' "$work/log")
      # differences of the column seconds, without the first epoch: their median
      awk -F, 'NR > 2 {print $5 - last} {last = $5}' "$work/$grid-$round-$residual/metrics.csv" | sort -n |
        awk -v head="$grid,$round,$residual" -v mflop="$mflop" '{v[NR] = $1}
          END {printf "%s,%.4f,%s\n", head, v[int((NR + 1) / 2)], mflop}' >>$results
    done
  done
done

awk -F, 'NR > 1 {s[$1, $2, $3] = $4; f[$1, $3] = $5; grid[$1] = 1; if ($2 > n) n = $2}
  END {for (g in grid) {
    for (r = 1; r <= n; r++) ratio[r] = s[g, r, "collision"] / s[g, r, "plain"]
    for (i = 1; i <= n; i++) for (j = i + 1; j <= n; j++) if (ratio[j] < ratio[i]) {t = ratio[i]; ratio[i] = ratio[j];
      ratio[j] = t}
    printf "%d x %d: time x %.3f (lowest %.3f, highest %.3f of %d), FLOPs x %.4f\n", g, g, ratio[int((n + 1) / 2)],
      ratio[1], ratio[n], n, f[g, "collision"] / f[g, "plain"]}}' $results
