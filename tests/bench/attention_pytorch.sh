#!/bin/sh
# Training step and inference of the networks of attention against PyTorch, eager and compiled, on both cores, in turn,
# in one run; then what linear attention and attention over slices cost on growing grids.
#
#     PYTHON=venv/bin/python sh tests/bench/attention_pytorch.sh [rounds] [seconds]
#
# PYTHON with torch, h5py, numpy; a C++ compiler for torch.compile. The encoder: 4 blocks, width 128, 4 heads, texts of
# 256 words, batch 32, a vocabulary of 20,000. Transolver and OFormer: 4 blocks, width 64, 4 heads, 32 slices, 64 x 64
# points, batch 4. Each round starts each program afresh and lets it repeat the step for so many seconds (5 rounds of
# 5). Writes jobs/results/attention_pytorch.csv: network, phase, precision, milliseconds for the whole batch, medians
# over rounds, and the memory that a process which does only this holds beyond its start, MiB; prints the ratios.
# jobs/results/attention_grids.csv: milliseconds of a layer, forward and backward, for each number of points along both
# axes. Needs build/release/kitinet. GRIDS: "64 128 256 512". TYPES: "transformer transolver oformer". PRECISIONS:
# "float32"; bf16: training steps with products in bfloat16, in PyTorch by autocast. MICROBATCH: of the encoder, 8: less
# memory, same step.
# Unset OPENBLAS_CORETYPE where it holds BLAS to an older instruction set than the processor's.
set -eu
cd "$(dirname "$0")/../.."
kitinet="${KITINET:-build/release/kitinet}"
python="${PYTHON:-python3}"
results="${OUTPUT:-jobs/results}"
rounds="${1:-5}"
seconds="${2:-5}"
types="${TYPES:-transformer transolver oformer}"
precisions="${PRECISIONS:-float32}"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export OMP_NUM_THREADS="${OMP_NUM_THREADS:-2}"

# options TYPE: of both programs, but for what only one of them knows
options() {
  case $1 in
  transformer) echo "-model_layers 4 -model_width 128 -model_heads 4 -bench_grid 256 -train_batch 32" ;;
  transolver) echo "-model_layers 4 -model_width 64 -model_heads 4 -bench_grid 64 -train_batch 4 -model_slices 32" ;;
  oformer) echo "-model_layers 4 -model_width 64 -model_heads 4 -bench_grid 64 -train_batch 4" ;;
  esac
}

# ours TYPE PHASE PRECISION: milliseconds and MiB
ours() {
  what=$2 more=
  [ "$what" = train ] && what=step
  [ "$1" != transformer ] ||
    more="-bench_axes 1 -bench_words 20000 -bench_classes 2 -train_microbatch ${MICROBATCH:-8}"
  # shellcheck disable=SC2046,SC2086 # words
  "$kitinet" bench -model_type $1 $(options $1) $more -train_precision $3 -bench_what $what \
    -bench_seconds "$seconds" -bench_output "$work/table.csv" \
    > "$work/output" 2>&1 || { cat "$work/output" >&2; exit 1; }
  awk -F, '$2 == "whole" {print $4}' "$work/table.csv"
  awk '/^memory of a rank/ {print $7 - $10}' "$work/output"
}

# theirs TYPE PHASE PRECISION FORM
theirs() {
  # shellcheck disable=SC2046 # words
  "$python" tests/bench/attention_pytorch.py -time "$2" -form "$4" -train_precision "$3" -seconds "$seconds" \
    -threads "$OMP_NUM_THREADS" -model_type $1 $(options $1) 2> "$work/message"
}

"$python" -c "import torch, h5py" || { echo "attention_pytorch.sh: PYTHON needs torch and h5py" >&2; exit 2; }
for round in $(seq "$rounds"); do
  for type in $types; do
    for phase in train inference; do
      for precision in $precisions; do
        [ $phase = train ] || [ "$precision" = float32 ] || continue
        echo "$type $phase $precision ours $(ours $type $phase "$precision" | tr '\n' ' ')"
        for form in eager compiled; do
          echo "$type $phase $precision $form" \
            "$(theirs $type $phase "$precision" $form || tail -n 1 "$work/message" >&2)"
        done
      done
    done
  done
done | tee "$work/raw"

awk -v types="$types" -v precisions="$precisions" '
  function median(key, n, i, j, t, v) {
    n = split(values[key], v, " ")
    for (i = 1; i <= n; i++) for (j = i + 1; j <= n; j++) if (v[j] + 0 < v[i] + 0) {t = v[i]; v[i] = v[j]; v[j] = t}
    return n ? v[int((n + 1) / 2)] : ""
  }
  {
    key = $1 SUBSEP $2 SUBSEP $3 SUBSEP $4
    values[key, "ms"] = values[key, "ms"] " " $5; values[key, "mib"] = values[key, "mib"] " " $6
  }
  END {
    print "network,phase,precision,ours_ms,eager_ms,compiled_ms,ours_peak_mib,pytorch_peak_mib"
    count = split(types, type, " "); split("train inference", phase, " ")
    kinds = split(precisions, precision, " ")
    for (t = 1; t <= count; t++) for (p = 1; p <= 2; p++) for (k = 1; k <= kinds; k++) {
      key = type[t] SUBSEP phase[p] SUBSEP precision[k] SUBSEP
      if (!((key "ours" SUBSEP "ms") in values)) continue
      ms = median(key "ours" SUBSEP "ms"); mib = median(key "ours" SUBSEP "mib")
      eager = median(key "eager" SUBSEP "ms"); compiled = median(key "compiled" SUBSEP "ms")
      held = median(key "eager" SUBSEP "mib"); best = compiled != "" && compiled + 0 < eager + 0 ? compiled : eager
      print type[t] "," phase[p] "," precision[k] "," ms "," eager "," compiled "," mib "," held
      printf "%-12s %-10s %-8s eager takes %.2f times as long, the best of PyTorch %.2f; memory %.2f of eager\n",
        type[t], phase[p], precision[k], eager / ms, best / ms, mib / held > "/dev/stderr"
    }
  }' "$work/raw" > "$work/results"
mv "$work/results" "$results/attention_pytorch.csv"

echo "layer,points,forward_ms,backward_ms,forward_ns_per_point,backward_ns_per_point" > "$work/grids"
for n in ${GRIDS:-64 128 256 512}; do
  for type in oformer transolver; do
    "$kitinet" bench -model_type $type -model_layers 1 -model_width 64 -model_heads 4 -bench_grid "$n" -train_batch 1 \
      -bench_what layers -bench_seconds "$seconds" -bench_output "$work/table.csv" > "$work/output"
    awk -F, -v n="$n" '
      $1 ~ /attention.heads|attention.slices|attention.norm|key.norm/ {
        ms[$1, $2] = $4
        if ($2 == "backward") printf "%s,%d,%.4g,%.4g,%.4g,%.4g\n", $1, n * n, ms[$1, "forward"], $4,
          ms[$1, "forward"] / n / n * 1e6, $4 / n / n * 1e6
      }' "$work/table.csv"
  done
done | tee -a "$work/grids"
mv "$work/grids" "$results/attention_grids.csv"
