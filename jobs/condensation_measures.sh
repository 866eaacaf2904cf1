#!/bin/sh
# Do the weights gather in few channels under collisions, and from which rate on? sh jobs/condensation_measures.sh
#
# Networks that differ in nothing but the collisions (no collisions, then both scattering laws at growing rates),
# several seeds each; participation ratio, alignment and effective rank of every block's matrices
# (include/kitinet/condensation.h) over the epochs. Shares data and runs with jobs/condense_study.sh: make that one
# first. What is there already is kept: killed, it goes on where it stopped.
#   SEEDS="1 2 3"  RATES="0.1 0.3 1"  LAWS="line_of_centres uniform"  EPOCHS=100  GRID=16  TRAIN=1000  WIDTH=32  MODES=6
#   WORK=runs/condense   data, runs;   OUTPUT=jobs/results/condensation_measures.csv   a row for a run, an epoch and a
#   matrix; a picture beside it
set -eu

kitinet="${KITINET:-build/release/kitinet}"
work="${WORK:-runs/condense}" output="${OUTPUT:-jobs/results/condensation_measures.csv}" \
  grid="${GRID:-16}" samples="${TRAIN:-1000}"
mkdir -p "$work" "$(dirname "$output")"

# data FILE OPTIONS...: unless it is there
data() { [ -f "$1" ] || "$kitinet" generate -pde darcy -darcy_resolution "$grid" -output "$@" >"$1.log"; }
data "$work/train.h5" -samples "$samples"
data "$work/test.h5" -samples 200 -first "$samples"

# run LAW RATE SEED: the name of its directory; those of the other study among them
run() {
  case $1,$2 in
    none,0) echo "$work/plain-seed$3" ;;
    line_of_centres,1) echo "$work/collision-seed$3" ;;
    *) echo "$work/$1-$2-seed$3" ;;
  esac
}

# train LAW RATE SEED: nothing is left to do for a finished run
train() {
  directory=$(run "$@") physics="-model_residual collision -collision_law $1 -collision_rate $2"
  [ "$1" != none ] || physics="-model_residual plain"
  [ "$(tail -n 1 "$directory/metrics.csv" 2>/dev/null | cut -d , -f 1)" != "${EPOCHS:-100}" ] || return 0
  echo "== $directory"
  # shellcheck disable=SC2086 # a list of options
  "$kitinet" train -run "$directory" -dataset "$work/train.h5" -dataset_test "$work/test.h5" \
    -train_batch 20 -train_condensation_every 5 $physics -model_width "${WIDTH:-32}" \
    -model_modes "${MODES:-6}" -train_epochs "${EPOCHS:-100}" -seed "$3" >"$directory.log" 2>&1
}

each() { # COMMAND: with law, rate and seed of every network
  for seed in ${SEEDS:-1 2 3}; do
    "$1" none 0 "$seed"
    for law in ${LAWS:-line_of_centres uniform}; do
      for rate in ${RATES:-0.1 0.3 1}; do "$1" "$law" "$rate" "$seed"; done
    done
  done
}

# The errors of the same epoch beside the measures.
rows() {
  awk -F , -v OFS=, -v head="$1,$2,$3" 'FNR == 1 { file++; next } file == 1 { error[$1] = $2 "," $3; next }
    $1 == 5 || $1 == 10 || $1 % 20 == 0 {
      print head, $1, $2, $3, $4, $5,
        $1 in error ? error[$1] : "," }' "$(run "$@")/metrics.csv" "$(run "$@")/condensation.csv"
}

each train
{
  echo "law,rate,seed,epoch,layer,participation,alignment,effective_rank,train,test"
  each rows
} >"$output.new"
mv "$output.new" "$output"

echo "== mean over seeds and blocks in the last epoch, deviation over the seeds: $output"
awk -F , 'NR > 1 && $4 == "'"${EPOCHS:-100}"'" {
    kind = $5 ~ /spectral/ ? "spectral" : "linear"; k = $1 " " $2 " " kind; if (!(k in n)) order[++m] = k
    if (!((k, $3) in blocks)) { n[k]++; seed[k, n[k]] = $3 }
    blocks[k, $3]++; for (i = 6; i <= 10; i++) s[k, $3, i] += $i }
  END { printf "%-32s %16s %16s %16s %16s\n", "law, rate, matrices", "participation", "alignment", "effective rank",
    "test error"
        for (j = 1; j <= m; j++) { k = order[j]; printf "%-32s", k
          for (i = 6; i <= 10; i++) { if (i == 9) continue; sum = square = 0
            for (r = 1; r <= n[k]; r++) { v = s[k, seed[k, r], i] / blocks[k, seed[k, r]]; sum += v; square += v * v }
            mean = sum / n[k]; d = n[k] > 1 ? (square - n[k] * mean * mean) / (n[k] - 1) : 0;
              printf " %9.4f +-%5.4f", mean, (d > 0 ? sqrt(d) : 0) }
          printf "\n" } }' "$output"
# never an error
gnuplot -e "table = '$output'" "$(dirname "$0")/condensation_measures.gnuplot" ||
  echo "no picture: gnuplot is missing or failed" >&2
