#!/bin/sh
# What the spread of an ensemble is worth: does it tell the error, and inputs of another distribution? Collisions
# against dropout at equal cost, on Darcy and Burgers.
#   sh jobs/uncertainty_study.sh                            ends with jobs/results/uncertainty.csv
#   SAMPLES=40 EPOCHS=10 MEMBERS=4 SEEDS=1 RESULT=tiny.csv sh jobs/uncertainty_study.sh   a trial
#   SEEDS="1 2 3"                                           so many networks of each kind, rows for each
#   GRID=32  POINTS=256  JUDGED=200                         cells a side of Darcy, points of Burgers, samples of each
#   test
#   OPTIONS="-model_width 16"                               of every training
# Beside the table: rank histograms of the fitted ensembles on the test samples, RESULT without .csv and _ranks.csv, and
# a picture of both. Killed, it goes on where it stopped; remove the folder WORK to begin anew. Each network is trained
# on SAMPLES samples, calibrated on half as many others as JUDGED, judged on JUDGED others of the same distribution and
# of each other one. (burgers_thick is a control: its initial states are those of burgers_test, only the viscosity
# differs, which the network does not see: its ROC area is 0.5 by construction.) A row: training set, network, seed,
# dataset, then the columns of reliability.csv (include/kitinet/reliability.h).
set -eu

kitinet="${KITINET:-build/release/kitinet}"
samples="${SAMPLES:-300}" judged="${JUDGED:-200}" epochs="${EPOCHS:-60}" members="${MEMBERS:-16}" \
  seeds="${SEEDS:-1 2 3}"
work="${WORK:-build/uncertainty-$samples-$epochs}" result="${RESULT:-jobs/results/uncertainty.csv}"
mkdir -p "$work"

# generate FILE OPTIONS...: unless it is there
generate() {
  file=$work/$1.h5
  shift
  [ -f "$file" ] || "$kitinet" generate -seed 1 -output "$file" "$@" >"$work/log" 2>&1 || {
    cat "$work/log" >&2
    exit 1
  }
}

darcy="-pde darcy -darcy_grid ${GRID:-32}"
burgers="-pde burgers -burgers_grid 1024 -burgers_resolution ${POINTS:-256}"
echo "== data"
for part in "train $samples 0" "validation $((judged / 2)) 10000" "test $judged 20000"; do
  set -- $part
  generate darcy_$1 $darcy -samples $2 -first $3
  generate burgers_$1 $burgers -burgers_viscosity 0.02 -samples $2 -first $3
done
generate darcy_high $darcy -darcy_high 24 -samples "$judged" -first 20000
generate darcy_lognormal $darcy -darcy_coefficient lognormal -samples "$judged" -first 20000
generate burgers_rough $burgers -burgers_viscosity 0.02 -burgers_field_tau 10 -samples "$judged" -first 20000
generate burgers_thick $burgers -burgers_viscosity 0.1 -samples "$judged" -first 20000

dropout_element="-model_residual plain -model_dropout 0.1 -model_dropout_kind element"
dropout_channel="-model_residual plain -model_dropout 0.1 -model_dropout_kind channel"
echo "training,network,seed,rank,points" >"$work/ranks.csv"
columns=samples,members,factor,fitted_members,ratio,coverage_50,coverage_90,crps,relative_crps,roc_area
echo "training,network,seed,dataset,$columns" >"$work/uncertainty.csv"
for problem in darcy burgers; do
  case $problem in
    darcy) others="darcy_high darcy_lognormal" ;;
    burgers) others="burgers_rough burgers_thick" ;;
  esac
  for seed in $seeds; do
    for network in collision collision_rare dropout_element dropout_channel; do
      run=$work/$problem-$network-$seed
      case $network in
        collision) options="-model_residual collision" draws="-collision_evaluate sample" ;;
        collision_rare) options="-model_residual collision -collision_rate 0.3" draws="-collision_evaluate sample" ;;
        dropout_element) options=$dropout_element draws="-model_dropout_evaluate sample" ;;
        dropout_channel) options=$dropout_channel draws="-model_dropout_evaluate sample" ;;
      esac
      if [ ! -f "$run/calibrated" ]; then # a training that is done does nothing again
        echo "== $run"
        "$kitinet" train -run "$run" -dataset "$work/${problem}_train.h5" $options ${OPTIONS:-} \
          -train_epochs "$epochs" -seed "$seed" >"$work/log" 2>&1 || {
          cat "$work/log" >&2
          exit 1
        }
        "$kitinet" evaluate -checkpoint "$run/checkpoint.h5" -dataset "$work/${problem}_test.h5" $draws \
          -collision_samples "$members" -evaluate_details "$run/raw" >"$work/log" 2>&1 || {
          cat "$work/log" >&2
          exit 1
        }
        datasets=$work/${problem}_test.h5
        for other in $others; do datasets=$datasets,$work/$other.h5; done
        "$kitinet" evaluate -checkpoint "$run/checkpoint.h5" -calibrate "$work/${problem}_validation.h5" \
          -dataset "$datasets" $draws -collision_samples "$members" \
          -evaluate_details "$run/details" >"$run/evaluation.txt" 2>"$work/log" || {
          cat "$work/log" >&2
          exit 1
        }
        touch "$run/calibrated"
      fi
      tail -n +2 -q "$run/raw/reliability.csv" "$run/details/reliability.csv" |
        awk -F , -v OFS=, -v first="$problem,$network,$seed" '{ sub(/.*\//, "", $2);
          sub(/\.h5$/, "", $2); $1 = first; print }' >>"$work/uncertainty.csv"
      awk -F , -v OFS=, -v first="$problem,$network,$seed" '$2 ~ /_test/ {
        print first, $3, $4 }' "$run/details/ranks.csv" >>"$work/ranks.csv"
    done
  done
done
cp "$work/uncertainty.csv" "$result"
cp "$work/ranks.csv" "${result%.csv}_ranks.csv"
# never an error
gnuplot -e "table = '$result'" "$(dirname "$0")/uncertainty_study.gnuplot" ||
  echo "no picture: gnuplot is missing or failed" >&2
echo "== $result"
cat "$result"
