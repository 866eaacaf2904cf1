#!/bin/sh
# The training step and inference of the FNO against PyTorch, eager and compiled, on both cores: on four shapes, in
# turn, in one run.
#
#     PYTHON=venv/bin/python sh tests/bench/pytorch_comparison.sh [rounds] [seconds]
#
# PYTHON with torch, numpy, h5py; a C++ compiler for torch.compile. Each round starts each program afresh for each shape
# and phase and lets it repeat the step for so many seconds (5 rounds of 5). Writes jobs/results/pytorch_comparison.csv:
# shape, phase, milliseconds for the whole batch, medians over rounds (compiled_ms is empty where torch.compile fails),
# and the memory that a process which does only this holds beyond its start, MiB; prints the ratios. Needs
# build/release/kitinet. Unset OPENBLAS_CORETYPE where it holds BLAS to an older instruction set than the processor's:
# PyTorch does not read it. SHAPES names those to measure (all four). KITINET's micro-batches are MICROBATCH samples
# (4); PyTorch takes the whole batch at a time, as its users do.
set -eu
cd "$(dirname "$0")/../.."
. jobs/packages.sh
kitinet="${KITINET:-build/release/kitinet}"
python="${PYTHON:-python3}"
results="${OUTPUT:-jobs/results/pytorch_comparison.csv}"
rounds="${1:-5}"
seconds="${2:-5}"
shapes="${SHAPES:-darcy_64 darcy_85 navier_stokes_64 burgers_1024}"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export OMP_NUM_THREADS="${OMP_NUM_THREADS:-2}"

# options SHAPE: what both programs are given
options() {
  case $1 in
    darcy_64) echo "-bench_grid 64 -model_width 32 -model_modes 12 -train_batch 16" ;;
    # 9 points more
    darcy_85) echo "-bench_grid 85 -model_padding 0.1059 -model_width 32 -model_modes 12 -train_batch 20" ;;
    navier_stokes_64) echo "-bench_grid 64 -bench_channels_in 10 -model_width 20 -model_modes 12 -train_batch 20" ;;
    burgers_1024) echo "-bench_axes 1 -bench_grid 1024 -model_width 64 -model_modes 16 -train_batch 20" ;;
  esac
}

# ours SHAPE PHASE: milliseconds and MiB
ours() {
  what=$2
  [ "$what" = train ] && what=step
  "$kitinet" bench $(options "$1") -bench_what $what -model_residual fno -train_microbatch "${MICROBATCH:-4}" \
    -bench_seconds "$seconds" -bench_output "$work/table.csv" >"$work/output" 2>&1 || {
    cat "$work/output" >&2
    exit 1
  }
  awk -F, '$2 == "whole" {print $4}' "$work/table.csv"
  awk '/^memory of a rank/ {print $7 - $10}' "$work/output"
}

theirs() {
  shape=$1 phase=$2; shift 2
  "$python" tests/bench/pytorch_comparison.py $(options "$shape") -phase "$phase" \
    -seconds "$seconds" -threads "$OMP_NUM_THREADS" "$@" 2>"$work/message"
}

"$python" -c "import torch, h5py" || { echo "pytorch_comparison.sh: PYTHON needs torch, numpy and h5py" >&2; exit 2; }
for round in $(seq "$rounds"); do
  for shape in $shapes; do
    for phase in train inference; do
      echo "$shape $phase ours $(ours $shape $phase | tr '\n' ' ')"
      echo "$shape $phase eager $(theirs $shape $phase || { cat "$work/message" >&2; exit 1; })"
      echo "$shape $phase compiled $(theirs $shape $phase -compile || tail -n 1 "$work/message" >&2)"
    done
  done
done | tee "$work/raw"

awk '
  function median(key, n, i, j, t, v) {
    n = split(values[key], v, " ")
    for (i = 1; i <= n; i++) for (j = i + 1; j <= n; j++) if (v[j] + 0 < v[i] + 0) {t = v[i]; v[i] = v[j]; v[j] = t}
    return n ? v[int((n + 1) / 2)] : ""
  }
  {if (!(($1, $2) in seen)) {seen[$1, $2] = 1; shape[++cases] = $1; phase[cases] = $2}
   values[$1, $2, $3, "ms"] = values[$1, $2, $3, "ms"] " " $4; values[$1, $2, $3, "mib"] = values[$1, $2, $3,
     "mib"] " " $5}
  END {
    print "shape,phase,ours_ms,eager_ms,compiled_ms,ours_peak_mib,pytorch_peak_mib"
    for (c = 1; c <= cases; c++) {
      a = shape[c]; b = phase[c]; ms = median(a SUBSEP b SUBSEP "ours" SUBSEP "ms");
        mib = median(a SUBSEP b SUBSEP "ours" SUBSEP "mib")
      eager = median(a SUBSEP b SUBSEP "eager" SUBSEP "ms");
        compiled = median(a SUBSEP b SUBSEP "compiled" SUBSEP "ms");
          held = median(a SUBSEP b SUBSEP "eager" SUBSEP "mib")
      printf "%s,%s,%s,%s,%s,%s,%s\n", a, b, ms, eager, compiled, mib, held
      printf "%-18s %-10s eager takes %.2f times as long, compiled %s; memory %.2f of PyTorch\n", a, b, eager / ms,
        compiled == "" ? "fails" : sprintf("%.2f", compiled / ms), mib / held > "/dev/stderr"
    }
  }' "$work/raw" >"$work/results"
mv "$work/results" "$results"
