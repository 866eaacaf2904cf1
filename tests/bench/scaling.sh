#!/bin/sh
# Scaling on this machine's ranks, and what the canonical tree costs against MPI_Allreduce: in turn, one thread a rank.
#   sh tests/bench/scaling.sh [rounds]
# PARTS (both) names what to measure, about 25 s a round each; rows of the other stay:
#   training  kitinet train on Darcy 64 x 64, epochs of 20 steps
#   shapes    the step alone (kitinet bench) on the four shapes of pytorch_comparison.sh, in micro-batches of a quarter
#   of the batch
# Writes jobs/results/scaling_measured.csv: case, ranks, reduction, batch, round, seconds a step; prints the medians
# over rounds of the ratios within a round. Needs build/release/kitinet and an idle machine with two cores: a rank that
# waits keeps its core.
set -eu
cd "$(dirname "$0")/../.."
. jobs/packages.sh
kitinet="${KITINET:-build/release/kitinet}"
results="${OUTPUT:-jobs/results/scaling_measured.csv}"
rounds="${1:-5}"
parts="${PARTS:-training shapes}"
shapes="darcy_64 darcy_85 navier_stokes_64 burgers_1024"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export OMP_NUM_THREADS=1 OMPI_MCA_mpi_yield_when_idle=0

# run CASE RANKS REDUCTION BATCH: steps of 2 epochs after a first one
run() {
  mpiexec --bind-to none -n "$2" $kitinet train -run "$work/$round-$1" -dataset "$work/data.h5" \
    -train_batch "$4" -train_reduction "$3" -train_epochs 3 >"$work/log.$1" 2>&1
  awk -F, -v head="$1,$2,$3,$4,$round" -v steps=$((400 / $4)) 'NR > 1 {s[NR] = $5}
    END {printf "%s,%.5f\n", head, (s[3] - s[2] < s[4] - s[3] ? s[3] - s[2] : s[4] - s[3]) / steps}' \
    "$work/$round-$1/metrics.csv" >>"$work/rows"
}

training() {
  [ -f "$work/data.h5" ] || $kitinet generate -samples 400 -darcy_grid 64 -output "$work/data.h5" >"$work/log"
  run one 1 tree 20
  run one_allreduce 1 allreduce 20
  run strong 2 tree 20
  run strong_allreduce 2 allreduce 20
  run weak 2 tree 40
  run pair 1 tree 20 & # two trainings that have nothing to do with each other: what the machine allows
  run pair_other 1 tree 20
  wait
}

# options SHAPE: as in pytorch_comparison.sh
options() {
  case $1 in
    darcy_64) echo "-bench_grid 64 -model_width 32 -model_modes 12 -train_batch 16 -train_microbatch 4" ;;
    darcy_85) \
      echo "-bench_grid 85 -model_padding 0.1059 -model_width 32 -model_modes 12 -train_batch 20 -train_microbatch 5" ;;
    navier_stokes_64) \
      echo "-bench_grid 64 -bench_channels_in 10 -model_width 20 -model_modes 12 -train_batch 20 -train_microbatch 5" ;;
    burgers_1024) \
      echo "-bench_axes 1 -bench_grid 1024 -model_width 64 -model_modes 16 -train_batch 20 -train_microbatch 5" ;;
  esac
}

# step SHAPE CASE RANKS: the median step of 1.2 s
step() {
  batch=$(options "$1" | sed 's/.*-train_batch \([0-9]*\).*/\1/')
  mpiexec --bind-to none -n "$3" $kitinet bench $(options "$1") -bench_what step \
    -model_residual fno -bench_seconds 1.2 -bench_output "$work/table.$1.$2" >"$work/log.$1.$2" 2>&1
  awk -F, -v head="$1.$2,$3,tree,$batch,$round" '$2 == "whole" {printf "%s,%.5f\n", head, $4 / 1000}' \
    "$work/table.$1.$2" >>"$work/rows"
}

shapes() {
  for shape in $shapes; do
    step "$shape" one 1
    step "$shape" strong 2
    step "$shape" pair 1 &
    step "$shape" pair_other 1
    wait
  done
}

: >"$work/rows"
for round in $(seq "$rounds"); do
  for part in $parts; do $part; done
done
{
  echo "case,ranks,reduction,batch,round,seconds_a_step"
  case $parts in *training*) ;; *) grep -v -e '^case' -e '^[a-z0-9_]*\.' $results || true ;; esac
  cat "$work/rows"
  case $parts in *shapes*) ;; *) grep '^[a-z0-9_]*\.' $results || true ;; esac
} >"$work/all"
cp "$work/all" $results

awk -F, -v shapes="$shapes" '
  # the median over rounds of f a / b, and, with c, of f a / b + f a / c
  function median(a, b, c, f,   i, j, t, r, m) {
    m = last[a]
    for (i = 1; i <= m; i++) r[i] = f * s[a, i] / s[b, i] + (c == "" ? 0 : f * s[a, i] / s[c, i])
    for (i = 1; i <= m; i++) for (j = i + 1; j <= m; j++) if (r[j] < r[i]) {t = r[i]; r[i] = r[j]; r[j] = t}
    return r[int((m + 1) / 2)]}
  NR > 1 {s[$1, $5] = $6; if ($5 > last[$1]) last[$1] = $5}
  END {
    if (last["one"]) printf "2 ranks, same batch: %.2f times 1 rank; batch twice as large: %.2f times; " \
      "two trainings side by side: %.2f times\ntree / allreduce: %.3f on 2 ranks, %.3f on 1\n",
      median("one", "strong", "", 1), median("one", "weak", "", 2), median("one", "pair", "pair_other", 1),
        median("strong", "strong_allreduce", "", 1), median("one", "one_allreduce", "", 1)
    n = split(shapes, shape, " ")
    for (k = 1; k <= n; k++) if (last[shape[k] ".one"])
      printf "%-17s 2 ranks, same batch: %.2f times 1 rank; two side by side: %.2f times\n",
      shape[k], median(shape[k] ".one", shape[k] ".strong", "", 1), median(shape[k] ".one", shape[k] ".pair",
        shape[k] ".pair_other", 1)
  }' $results
