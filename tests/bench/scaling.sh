#!/bin/sh
# Scaling on this machine's ranks, and what the canonical tree costs against MPI_Allreduce: epochs in turn, one thread a rank.
#   sh tests/bench/scaling.sh [rounds]
# Writes jobs/results/scaling_measured.csv: case, ranks, reduction, batch, round, seconds a step; prints the medians over rounds of the ratios within a round.
# Needs build/release/kitinet and an idle machine with two cores.
set -eu
cd "$(dirname "$0")/../.."
. jobs/packages.sh
kitinet=build/release/kitinet
results=jobs/results/scaling_measured.csv
rounds="${1:-5}"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export OMP_NUM_THREADS=1

echo "case,ranks,reduction,batch,round,seconds_a_step" >$results
$kitinet generate -samples 160 -darcy_grid 64 -output "$work/data.h5" >"$work/log"
# run CASE RANKS REDUCTION BATCH: steps of 2 epochs after a first one
run() {
  mpiexec --bind-to none -n "$2" $kitinet train -run "$work/$round-$1" -dataset "$work/data.h5" -train_batch "$4" -train_reduction "$3" -train_epochs 3 >"$work/log.$1" 2>&1
  awk -F, -v head="$1,$2,$3,$4,$round" -v steps=$((160 / $4)) 'NR > 1 {s[NR] = $5} END {printf "%s,%.5f\n", head, (s[3] - s[2] < s[4] - s[3] ? s[3] - s[2] : s[4] - s[3]) / steps}' "$work/$round-$1/metrics.csv" >>$results
}
for round in $(seq "$rounds"); do
  run one 1 tree 20
  run one_allreduce 1 allreduce 20
  run strong 2 tree 20
  run strong_allreduce 2 allreduce 20
  run weak 2 tree 40
  run pair 1 tree 20 & # two trainings that have nothing to do with each other: what the machine allows
  run pair_other 1 tree 20
  wait
done

awk -F, 'function median(a, b, f,   i, j, t, r) {
    for (i = 1; i <= n; i++) r[i] = f * s[a, i] / s[b, i]
    for (i = 1; i <= n; i++) for (j = i + 1; j <= n; j++) if (r[j] < r[i]) {t = r[i]; r[i] = r[j]; r[j] = t}
    return r[int((n + 1) / 2)]}
  NR > 1 {s[$1, $5] = $6; if ($5 > n) n = $5}
  END {printf "2 ranks, same batch: %.2f times 1 rank; batch twice as large: %.2f times; two trainings side by side: %.2f times\ntree / allreduce: %.3f on 2 ranks, %.3f on 1\n",
    median("one", "strong", 1), median("one", "weak", 2), median("one", "pair", 2), median("strong", "strong_allreduce", 1), median("one", "one_allreduce", 1)}' $results
