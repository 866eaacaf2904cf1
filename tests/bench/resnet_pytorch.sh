#!/bin/sh
# The training step and inference of ResNet-20, batch 128, against PyTorch: eager, channels last, and both compiled, on
# both cores, in turn, in one run.
#
#     PYTHON=venv/bin/python sh tests/bench/resnet_pytorch.sh [rounds] [seconds]
#
# PYTHON with torch; a C++ compiler for torch.compile. Each round starts each program afresh for each phase and lets
# it repeat the step for so many seconds (5 rounds of 5). Writes jobs/results/resnet_pytorch.csv: phase, precision,
# milliseconds for the whole batch, medians over rounds, and the memory that a process which does only this holds
# beyond its start, MiB; prints the ratios, and of the convolutions the share of the measured peak of products (FLOPs
# of the definition: by Winograd's filtering more than 100 % are possible). Needs build/release/kitinet; BATCH,
# MICROBATCH: 128, both. PRECISIONS: "float32"; bf16: training steps with products in bfloat16, in PyTorch by
# autocast.
# Unset OPENBLAS_CORETYPE where it holds BLAS to an older instruction set than the processor's.
set -eu
cd "$(dirname "$0")/../.."
kitinet="${KITINET:-build/release/kitinet}"
python="${PYTHON:-python3}"
results="${OUTPUT:-jobs/results/resnet_pytorch.csv}"
rounds="${1:-5}"
seconds="${2:-5}"
batch="${BATCH:-128}"
precisions="${PRECISIONS:-float32}"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export OMP_NUM_THREADS="${OMP_NUM_THREADS:-2}"
network="-model_type resnet -model_residual plain -model_depth 20 -model_width 16"
network="$network -bench_grid 32 -bench_channels_in 3 -bench_classes 10"
network="$network -train_batch $batch -train_microbatch ${MICROBATCH:-$batch}"

# ours PHASE PRECISION: milliseconds and MiB
ours() {
  what=$1
  [ "$what" = train ] && what=step
  # shellcheck disable=SC2086 # words
  "$kitinet" bench $network -train_precision "$2" -bench_what $what -bench_seconds "$seconds" \
    -bench_output "$work/table.csv" > "$work/output" 2>&1 || { cat "$work/output" >&2; exit 1; }
  awk -F, '$2 == "whole" {print $4}' "$work/table.csv"
  awk '/^memory of a rank/ {print $7 - $10}' "$work/output"
}

# theirs PHASE PRECISION FORM
theirs() {
  "$python" tests/bench/resnet_pytorch.py -time "$1" -form "$3" -train_precision "$2" -seconds "$seconds" \
    -threads "$OMP_NUM_THREADS" -train_batch "$batch" 2> "$work/message"
}

"$python" -c "import torch" || { echo "resnet_pytorch.sh: PYTHON needs torch" >&2; exit 2; }
for round in $(seq "$rounds"); do
  for phase in train inference; do
    for precision in $precisions; do
      [ $phase = train ] || [ "$precision" = float32 ] || continue
      echo "$phase $precision ours $(ours $phase "$precision" | tr '\n' ' ')"
      for form in eager channels_last compiled compiled_channels_last; do
        echo "$phase $precision $form $(theirs $phase "$precision" $form || tail -n 1 "$work/message" >&2)"
      done
    done
  done
done | tee "$work/raw"

awk -v precisions="$precisions" '
  function median(key, n, i, j, t, v) {
    n = split(values[key], v, " ")
    for (i = 1; i <= n; i++) for (j = i + 1; j <= n; j++) if (v[j] + 0 < v[i] + 0) {t = v[i]; v[i] = v[j]; v[j] = t}
    return n ? v[int((n + 1) / 2)] : ""
  }
  {
    key = $1 SUBSEP $2 SUBSEP $3
    values[key, "ms"] = values[key, "ms"] " " $4; values[key, "mib"] = values[key, "mib"] " " $5
  }
  END {
    print "phase,precision,ours_ms,eager_ms,channels_last_ms,compiled_ms,compiled_channels_last_ms,ours_peak_mib," \
      "pytorch_peak_mib"
    split("train inference", phase, " "); split("eager channels_last compiled compiled_channels_last", form, " ")
    kinds = split(precisions, precision, " ")
    for (p = 1; p <= 2; p++) for (k = 1; k <= kinds; k++) {
      key = phase[p] SUBSEP precision[k] SUBSEP
      if (!((key "ours" SUBSEP "ms") in values)) continue
      ms = median(key "ours" SUBSEP "ms"); mib = median(key "ours" SUBSEP "mib")
      held = median(key "eager" SUBSEP "mib"); row = phase[p] "," precision[k] "," ms; best = ""
      for (f = 1; f <= 4; f++) {
        t = median(key form[f] SUBSEP "ms"); row = row "," t
        if (t != "" && (best == "" || t + 0 < best + 0)) best = t
        if (f == 1) eager = t
      }
      print row "," mib "," held
      printf "%-10s %-8s eager takes %.2f times as long, the best of PyTorch %.2f; memory %.2f of eager\n", phase[p],
        precision[k], eager / ms, best / ms, mib / held > "/dev/stderr"
    }
  }' "$work/raw" > "$work/results"
mv "$work/results" "$results"

# shellcheck disable=SC2086 # words
"$kitinet" bench $network -bench_what layers -bench_seconds "$seconds" -bench_output "$work/table.csv" > "$work/output"
awk -F, '$1 ~ /stem|convolution|shortcut/ {
  printf "%-22s %-8s x %d  %7.2f ms  %5.1f %% of the peak of products\n", $1, $2, $3, $4, $7
  ms[$2] += $3 * $4; work[$2] += $3 * $4 * $7 }
  END { for (way in ms)
    printf "all convolutions %s: %.1f ms, %.1f %% of the peak\n", way, ms[way], work[way] / ms[way] }' "$work/table.csv"
