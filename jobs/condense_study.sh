#!/bin/sh
# Condensation against its rivals: sh jobs/condense_study.sh
#
# For every seed and residual (collision, plain): a full network is trained and condensed, and two more are trained from
# the beginning for as many epochs as both took together: the full one, and one of the condensed one's size. What is
# there already is kept: killed, it goes on where it stopped. Ends with a table of all that is finished.
#   SEEDS="1 2 3"  RESIDUALS="collision plain"  FLOPS="0.75 0.5 0.25"  EPOCHS=100  TUNE=50  GRID=16  TRAIN=1000
#   WIDTH=32  MODES=6  BATCH=20
#   COLLISIONS="-collision_rate 0.3"   options of the collisions;   OPTIONS="-train_clip 1"   of every training;
#   TRAIN_OPTIONS="-train_lr 3e-3"   of all but the fine-tuning;   TUNE_OPTIONS="-train_lr 1e-3"   of the fine-tuning
#   DATA="-darcy_grid 16"   options of the data, in place of GRID
#   TRAIN_FILE=train.h5  TEST_FILE=test.h5   data that are there, in place of generated ones
#   NETWORK="-model_type resnet -model_depth 8 -model_width 16"   of the full network, in place of WIDTH and MODES; what
#   is condensed has its sizes from the tables, here -model_width, -model_width_2, -model_width_3
#   WORK=runs/condense   data, runs;   OUTPUT=jobs/results/condensation.csv   a row a network, and a picture beside it
set -eu

kitinet="${KITINET:-build/release/kitinet}"
work="${WORK:-runs/condense}" output="${OUTPUT:-jobs/results/condensation.csv}"
epochs="${EPOCHS:-100}" tune="${TUNE:-50}" grid="${GRID:-16}" samples="${TRAIN:-1000}"
train_file="${TRAIN_FILE:-$work/train.h5}" test_file="${TEST_FILE:-$work/test.h5}"
common="-dataset $train_file -dataset_test $test_file -train_batch ${BATCH:-20} -train_condensation_every 5"
common="$common ${OPTIONS:-}"
network="${NETWORK:--model_width ${WIDTH:-32} -model_modes ${MODES:-6} -model_head 128}"
mkdir -p "$work"

# data FILE OPTIONS...: unless it is there
data() { [ -f "$1" ] || "$kitinet" generate -pde darcy ${DATA:--darcy_resolution $grid} -output "$@" >"$1.log"; }
[ -n "${TRAIN_FILE:-}" ] || data "$train_file" -samples "$samples"
[ -n "${TEST_FILE:-}" ] || data "$test_file" -samples 200 -first "$samples"

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

# train RUN EPOCHS NETWORK: nothing is left to do for a finished run
train() {
  # shellcheck disable=SC2086 # lists of options
  [ "$(tail -n 1 "$1/metrics.csv" 2>/dev/null | cut -d , -f 1)" = "$2" ] ||
    again "$1.log" train -run "$1" $common $physics -model_residual "$residual" $3 -train_epochs "$2" -seed "$seed" \
      ${TRAIN_OPTIONS:-}
}

row() { sed -n "/^$2,/p" "$1"; } # CSV NETWORK

# small CSV: the full network's options with the sizes of the condensed one, the columns in front of parameters
small() {
  echo "$network" | awk -v sizes="$(sed -n 1p "$1"),$(row "$1" fine-tuned)" '{
    n = split(sizes, c, ",") / 2
    for (i = 2; c[i] != "parameters"; i++) size["-model_" c[i]] = c[n + i]
    for (i = 1; i <= NF; i += 2) if (!($i in size)) printf "%s %s ", $i, $(i + 1)
    for (k in size) printf "%s %s ", k, size[k] }'
}

for seed in ${SEEDS:-1 2 3}; do
  for residual in ${RESIDUALS:-collision plain}; do
    base=$work/$residual-seed$seed physics=
    [ "$residual" != collision ] || physics=${COLLISIONS:-}
    echo "== $residual, seed $seed"
    train "$base" "$epochs" "$network"
    for flops in ${FLOPS:-0.75 0.5 0.25}; do
      name=$base-flops$flops
      [ -f "$name.csv" ] ||
        again "$name.log" condense -checkpoint "$base/checkpoint.h5" -output "$name.h5" \
          -run "$name" $common -condense_flops "$flops" -train_epochs "$tune" -seed "$seed" ${TUNE_OPTIONS:-}
      train "$name-scratch" "$((epochs + tune))" "$(small "$name.csv")"
    done
    train "$base-long" "$((epochs + tune))" "$network"
  done
done

# A row a network: the full one after as many epochs as its rivals ("long") is what the smaller ones have to reach. The
# error is a run's test, and what stands behind the times (accuracy) a column test_NAME.
rival() { # CSV NETWORK RUN NAME: the row of NETWORK, with what RUN measured, as NAME
  last=$(sed -n 1p "$1" | sed 's/.*,//')
  # shellcheck disable=SC2046 # two words
  set -- "$1" "$2" "$4" $(awk -F , -v name="test_$last" 'NR == 1 { for (i = 1; i <= NF; i++) if ($i == name) c = i }
    END { print $3, c ? $c : "none" }' "$3/metrics.csv")
  { sed -n 1p "$1"; row "$1" "$2"; } | awk -F , -v OFS=, -v name="$3" -v error="$4" -v more="$5" '
    NR == 1 { for (i = 1; i <= NF; i++) if ($i == "error") c = i }
    NR == 2 { $1 = name; $c = error; if (more != "none") $NF = more; print }'
}
mkdir -p "$(dirname "$output")"
{
  header=
  for seed in ${SEEDS:-1 2 3}; do
    for residual in ${RESIDUALS:-collision plain}; do
      base=$work/$residual-seed$seed
      for flops in ${FLOPS:-0.75 0.5 0.25}; do
        name=$base-flops$flops
        [ -n "$header" ] || { header=$(sed -n 1p "$name.csv") && echo "residual,seed,flops,$header"; }
        {
          for which in full pruned fine-tuned; do row "$name.csv" $which; done
          rival "$name.csv" full "$base-long" long
          rival "$name.csv" fine-tuned "$name-scratch" scratch
        } | sed "s/^/$residual,$seed,$flops,/"
      done
    done
  done
} >"$output.new"
mv "$output.new" "$output"

echo "== mean over the seeds: $output"
awk -F , 'NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; last = $NF }
  NR > 1 { k = $1 "," $3 "," $4; if (!(k in n)) order[++m] = k; n[k]++; e[k] += $at["error"]; f[k] += $at["mflop"]
    w[k] += $at["width"]; t[k] += $at["ms_1"]; a[k] += $NF }
  END { more = last != "ms_4"
        printf "%-10s %6s %-11s %6s %9s %9s %9s%s\n", "residual", "FLOPs", "network", "width", "MFLOP", "error", "ms",
          more ? sprintf(" %9s", last) : ""
        for (i = 1; i <= m; i++) { k = order[i]; split(k, c, ",");
          printf "%-10s %6s %-11s %6.1f %9.4g %s %9.4g%s\n", c[1], c[2], c[3], w[k] / n[k], f[k] / n[k],
            more ? sprintf("%9.4f", e[k] / n[k]) : sprintf("%7.4f %%", 100 * e[k] / n[k]), t[k] / n[k],
            more ? sprintf(" %7.3f %%", 100 * a[k] / n[k]) : "" } }' "$output"
# never an error
gnuplot -e "table = '$output'" "$(dirname "$0")/condense_study.gnuplot" ||
  echo "no picture: gnuplot is missing or failed" >&2
