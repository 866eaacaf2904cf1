#!/bin/sh
# The training step of two builds of this program, in turn, on the shapes of pytorch_comparison.sh: is one slower, or
# does it take more memory?
#     sh tests/bench/two_builds.sh OLD NEW [rounds] [seconds]    two programs; 5 rounds of 2 seconds
# Prints for each shape and residual the median over rounds of NEW / OLD, and both programs' memory of activations and
# workspace in MiB. Let nothing else run.
set -eu
old=$1 new=$2 rounds="${3:-5}" seconds="${4:-2}"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export OMP_NUM_THREADS="${OMP_NUM_THREADS:-2}"

options() {
  case $1 in
    darcy_64) echo "-bench_grid 64 -model_width 32 -model_modes 12 -train_batch 16" ;;
    darcy_85) echo "-bench_grid 85 -model_padding 0.1059 -model_width 32 -model_modes 12 -train_batch 20" ;;
    navier_stokes_64) echo "-bench_grid 64 -bench_channels_in 10 -model_width 20 -model_modes 12 -train_batch 20" ;;
    burgers_1024) echo "-bench_axes 1 -bench_grid 1024 -model_width 64 -model_modes 16 -train_batch 20" ;;
  esac
}

# step PROGRAM SHAPE RESIDUAL: milliseconds of a step, then MiB
step() {
  # shellcheck disable=SC2046 # words
  "$1" bench $(options "$2") -bench_what step -model_residual "$3" -train_microbatch 4 -bench_seconds "$seconds" \
    -bench_output "$work/table.csv" > "$work/output" 2>&1 || { cat "$work/output" >&2; exit 1; }
  echo "$(awk -F, '$2 == "whole" { print $4 }' "$work/table.csv") $(awk '/^memory of a rank/ {
    print $7 - $10 }' "$work/output")"
}

for shape in ${SHAPES:-darcy_64 darcy_85 navier_stokes_64 burgers_1024}; do
  for residual in ${RESIDUALS:-fno collision}; do
    for round in $(seq "$rounds"); do
      before=$(step "$old" "$shape" "$residual")
      after=$(step "$new" "$shape" "$residual")
      echo "$before $after"
    done > "$work/rounds"
    awk '{ print $3 / $1 }' "$work/rounds" | sort -n > "$work/ratios"
    printf '%-18s %-10s new/old %.3f (%.3f to %.3f); MiB %s, %s\n' "$shape" "$residual" \
      "$(sed -n "$(((rounds + 1) / 2))p" "$work/ratios")" "$(head -n 1 "$work/ratios")" "$(tail -n 1 "$work/ratios")" \
      "$(awk 'END { print $2 }' "$work/rounds")" "$(awk 'END { print $4 }' "$work/rounds")"
  done
done
