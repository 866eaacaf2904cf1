#!/bin/sh
# Condensation against its rivals: sh jobs/condense_study.sh
#
# For every seed and residual (collision, plain): a full network is trained and condensed, and two more are trained from
# the beginning for as many epochs as both took together: the full one, and one of the condensed one's size. What is
# there already is kept: killed, it goes on where it stopped. Ends with a table of all that is finished.
#   SEEDS="1 2 3"  RESIDUALS="collision plain"  FLOPS="0.75 0.5 0.25"  EPOCHS=100  TUNE=50  GRID=16  TRAIN=1000
#   WIDTH=32  MODES=6
#   COLLISIONS="-collision_rate 0.3"   options of the collisions;   OPTIONS="-train_clip 1"   of every training;
#   TUNE_OPTIONS="-train_lr 1e-3"   of the fine-tuning
#   DATA="-darcy_grid 16"   options of the data, in place of GRID
#   WORK=runs/condense   data, runs;   OUTPUT=jobs/results/condensation.csv   a row a network, and a picture beside it
set -eu

kitinet="${KITINET:-build/release/kitinet}"
work="${WORK:-runs/condense}" output="${OUTPUT:-jobs/results/condensation.csv}"
epochs="${EPOCHS:-100}" tune="${TUNE:-50}" grid="${GRID:-16}" samples="${TRAIN:-1000}"
common="-dataset $work/train.h5 -dataset_test $work/test.h5 -train_batch 20 -train_condensation_every 5 ${OPTIONS:-}"
mkdir -p "$work"

# data FILE OPTIONS...: unless it is there
data() { [ -f "$1" ] || "$kitinet" generate -pde darcy ${DATA:--darcy_resolution $grid} -output "$@" >"$1.log"; }
data "$work/train.h5" -samples "$samples"
data "$work/test.h5" -samples 200 -first "$samples"

# again LOG COMMAND ...: what was stopped (exit code 75) goes on at once
again() {
  log=$1 code=75
  shift
  while [ $code -eq 75 ]; do
    code=0
    "$kitinet" "$@" >"$log" 2>&1 || code=$?
  done
  [ $code -eq 0 ] || { grep '^kitinet: ' "$log" >&2; exit $code; }
}

# train RUN EPOCHS WIDTH MODES HEAD: nothing is left to do for a finished run
train() {
  [ "$(tail -n 1 "$1/metrics.csv" 2>/dev/null | cut -d , -f 1)" = "$2" ] ||
    again "$1.log" train -run "$1" $common $physics -model_residual "$residual" \
      -model_width "$3" -model_modes "$4" -model_head "$5" -train_epochs "$2" -seed "$seed"
}

row() { sed -n "/^$2,/p" "$1"; } # CSV NETWORK

for seed in ${SEEDS:-1 2 3}; do
  for residual in ${RESIDUALS:-collision plain}; do
    base=$work/$residual-seed$seed physics=
    [ "$residual" != collision ] || physics=${COLLISIONS:-}
    echo "== $residual, seed $seed"
    train "$base" "$epochs" "${WIDTH:-32}" "${MODES:-6}" 128
    for flops in ${FLOPS:-0.75 0.5 0.25}; do
      name=$base-flops$flops
      [ -f "$name.csv" ] ||
        again "$name.log" condense -checkpoint "$base/checkpoint.h5" -output "$name.h5" \
          -run "$name" $common -condense_flops "$flops" -train_epochs "$tune" -seed "$seed" ${TUNE_OPTIONS:-}
      small=$(row "$name.csv" fine-tuned)
      train "$name-scratch" "$((epochs + tune))" "$(echo "$small" | cut -d , -f 2)" \
        "$(echo "$small" | cut -d , -f 3)" "$(echo "$small" | cut -d , -f 4)"
    done
    train "$base-long" "$((epochs + tune))" "${WIDTH:-32}" "${MODES:-6}" 128
  done
done

# A row a network: the full one after as many epochs as its rivals ("long") is what the smaller ones have to reach.
error() { tail -n 1 "$1/metrics.csv" | cut -d , -f 3; }
mkdir -p "$(dirname "$output")"
{
  echo "residual,seed,flops,network,width,modes,head,parameters,mflop,error,ms_1,ms_2,ms_4"
  for seed in ${SEEDS:-1 2 3}; do
    for residual in ${RESIDUALS:-collision plain}; do
      base=$work/$residual-seed$seed
      for flops in ${FLOPS:-0.75 0.5 0.25}; do
        name=$base-flops$flops
        for network in full pruned fine-tuned; do echo "$residual,$seed,$flops,$(row "$name.csv" $network)"; done
        row "$name.csv" full | awk -F , -v OFS=, -v head="$residual,$seed,$flops" \
          -v error="$(error "$base-long")" '{ $1 = head ",long"; $7 = error; print }'
        row "$name.csv" fine-tuned | awk -F , -v OFS=, -v head="$residual,$seed,$flops" \
          -v error="$(error "$name-scratch")" '{ $1 = head ",scratch"; $7 = error; print }'
      done
    done
  done
} >"$output.new"
mv "$output.new" "$output"

echo "== mean over the seeds: $output"
awk -F , 'NR > 1 { k = $1 "," $3 "," $4; if (!(k in n)) order[++m] = k; n[k]++; e[k] += $10; f[k] += $9; w[k] += $5;
  t[k] += $11 }
  END { printf "%-10s %6s %-11s %6s %9s %9s %9s\n", "residual", "FLOPs", "network", "width", "MFLOP", "error", "ms"
        for (i = 1; i <= m; i++) { k = order[i]; split(k, c, ",");
          printf "%-10s %6s %-11s %6.1f %9.4g %7.4f %% %9.4g\n", c[1], c[2], c[3], w[k] / n[k], f[k] / n[k],
            100 * e[k] / n[k], t[k] / n[k] } }' "$output"
# never an error
gnuplot -e "table = '$output'" "$(dirname "$0")/condense_study.gnuplot" ||
  echo "no picture: gnuplot is missing or failed" >&2
