# condensation.csv: rows of the initial weights, of every second epoch and of the last; interrupted and resumed, the
# same bytes; inspect shows the last row.
set -eu
. "$(dirname "$0")/common.sh"
small_data
train 1 whole -train_epochs 5 -train_condensation_every 2
[ "$(cut -d , -f 1 whole/condensation.csv | uniq | tr '\n' ' ')" = "epoch 0 2 4 5 " ] ||
  fail "epochs: $(cat whole/condensation.csv)"
[ "$(wc -l < whole/condensation.csv)" -eq 33 ] ||
  fail "four blocks have not eight layers: $(cat whole/condensation.csv)"

ranks 1 inspect -input whole/checkpoint.h5 > output
awk -F , '$1 == 5 { printf "%s %.4f %.4f %.2f\n", $2, $3, $4, $5 }' whole/condensation.csv > expected
sed -n '/^  condensation /,/^  weights /p' output | sed '1d;$d' | awk '{ print $1, $2, $3, $4 }' > shown
cmp expected shown || fail "inspect shows $(cat shown)"

if has gnuplot; then # the course of each measure, a curve for each kind of layer
  ranks 1 evaluate -run whole -dataset test.h5 > output
  for measure in participation alignment effective_rank; do
    [ -s whole/$measure.png ] || fail "no picture of $measure: $(ls whole)"
  done
fi

# Rows that no checkpoint covers are dropped.
train 1 parts -train_epochs 5 -train_condensation_every 2 -checkpoint_every 100 -train_schedule constant
ends 75 ranks 1 train -run stopped -dataset train.h5 $network -train_epochs 5 \
  -train_condensation_every 2 -train_schedule constant -max_time 1e-9 > output 2> message
echo "2,block9.linear,0,0,0" >> stopped/condensation.csv
ranks 1 train -run stopped -max_time 0 > output 2> message
cmp parts/condensation.csv stopped/condensation.csv ||
  fail "another course after a stop: $(cat stopped/condensation.csv)"
train 1 none -train_epochs 1
[ ! -e none/condensation.csv ] || fail "condensation.csv without -train_condensation_every"
complete
