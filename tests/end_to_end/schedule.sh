# Options of the optimiser do what their help says: the steps of -train_schedule step, Nesterov's momentum.
set -eu
. "$(dirname "$0")/common.sh"
small_data
on() { run=$1; shift; ranks 1 train -run "$run" -dataset train.h5 $network "$@" > output 2> message; }

on steps -train_schedule step -train_step_epochs 2 -train_step_factor 0.1 -train_lr 1e-2 -train_epochs 5
awk -F , 'NR == 1 { for (i = 1; i <= NF; i++) if ($i == "lr") c = i; next } { printf "%g ", $c }' \
  steps/metrics.csv > rates
[ "$(cat rates)" = "0.01 0.01 0.001 0.001 0.0001 " ] || fail "learning rates $(cat rates)"

for nesterov in "" "-train_nesterov true" "-train_nesterov false"; do
  run=sgd$(echo "$nesterov" | tr -d ' ')
  on "$run" -train_optimizer sgd -train_lr 1e-2 $nesterov -train_epochs 2
done
[ -n "$(weights sgd)" ] || fail "no digest of weights: $(ranks 1 inspect -input sgd/checkpoint.h5)"
[ "$(weights sgd)" = "$(weights sgd-train_nesterovtrue)" ] || fail "Nesterov's momentum is not the default"
[ "$(weights sgd)" != "$(weights sgd-train_nesterovfalse)" ] || fail "-train_nesterov has no effect"
