# A classification from data to tables: train, evaluate, predict, report; the same bits on any number of ranks; what
# does not fit is refused.
set -eu
. "$(dirname "$0")/common.sh"
network="-model_modes 8 -model_width 8 -model_head 16 -train_batch 6 -train_microbatch 2"
task_tool=$(dirname "$PWD")/task_tool
"$task_tool" classes train.h5 7 84 0 kind 16 16
"$task_tool" classes test.h5 7 35 84 kind 16 16
"$task_tool" classes others.h5 7 14 0 type 16 16
"$task_tool" classes fewer.h5 6 12 0 kind 16 16
ranks 1 generate -darcy_grid 16 -samples 6 -output fields.h5 > output

# Training: metrics.csv has the measures of the task; accuracy decides what is best.
train 1 run -dataset_test test.h5 -train_epochs 8
train 2 two -dataset_test test.h5 -train_epochs 8
head -n 1 run/metrics.csv |
  grep -q -x 'epoch,train,test,lr,seconds,data_wait,test_accuracy,test_top_5,test_confidence,test_calibration' ||
  fail "$(cat run/metrics.csv)"
cut -d , -f 1-4,7- run/metrics.csv > expected
cut -d , -f 1-4,7- two/metrics.csv | cmp - expected || fail "$(cat two/metrics.csv)"
[ "$(weights run)" = "$(weights two)" ] || fail "other weights on two ranks"
awk -F , 'END { exit !($7 > 0.9 && $8 >= $7 && $3 < 1.5 && $10 >= 0 && $10 <= 1) }' run/metrics.csv ||
  fail "it does not learn: $(cat run/metrics.csv)"
best=$(awk -F , 'NR > 1 && (e == "" || $7 > e) { e = $7; n = $1 } END { print n }' run/metrics.csv)
ranks 1 inspect -input run/best.h5 | grep -q "training *$best epochs," ||
  fail "best.h5 is not of epoch $best: $(cat run/metrics.csv)"
tail -n 1 run/metrics.jsonl | grep -q '"test_accuracy": [0-9.e+-]*, ' || fail "$(cat run/metrics.jsonl)"
ends 0 "$KITINET" watch -run run -once > output 2> message
grep -q '^run  epoch 8/8 .* accuracy [0-9.]* %  best [0-9.]* % after epoch' output || fail "$(cat output)"

# A run that stops goes on to the same end; smoothing is another loss.
train 1 half -dataset_test test.h5 -train_epochs 4 -train_schedule constant
train 1 half -dataset_test test.h5 -train_epochs 8 -train_schedule constant
train 1 whole -dataset_test test.h5 -train_epochs 8 -train_schedule constant
[ "$(weights half)" = "$(weights whole)" ] || fail "resumed: other weights"
# A test set that comes later begins a new best: accuracy, where the loss was best by before.
train 1 later -train_epochs 4 -train_schedule constant
train 1 later -dataset_test test.h5 -train_epochs 8 -train_schedule constant
best=$(awk -F , '$7 != "" && NR > 1 && (e == "" || $7 > e) { e = $7; n = $1 } END { print n }' later/metrics.csv)
ranks 1 inspect -input later/best.h5 | grep -q "training *$best epochs," ||
  fail "best.h5 is not of epoch $best: $(cat later/metrics.csv)"
train 1 smooth -dataset_test test.h5 -train_epochs 8 -task_smoothing 0.1
[ "$(weights smooth)" != "$(weights run)" ] || fail "-task_smoothing changes nothing"

# Tables: accuracy is the share of rows on the diagonal of the confusion table.
for n in 1 2; do
  ranks $n evaluate -run run,smooth -dataset test.h5 -output table.csv -evaluate_details details$n > output
  grep -q '^Mean accuracy in % ' output && grep -q '^Confusion of run, test: ' output || fail "$(cat output)"
  grep '^run/checkpoint.h5,' details$n/confusion.csv | tr -d '"' |
    awk -F , '{ n += $5; if ($3 == $4) right += $5 } END { printf "%.9g %d\n", right / n, n }' > share
  read -r share rows < share
  [ "$rows" = 35 ] || fail "$rows rows: $(cat details$n/confusion.csv)"
  close "$share" "$(tail -n 1 run/metrics.csv | cut -d , -f 7)" 1e-6 ||
    fail "accuracy $share, in training $(tail -n 1 run/metrics.csv)"
  close "$share" "$(sed -n 2p table.csv | cut -d , -f 5)" 1e-6 || fail "$(cat table.csv)"
done
cmp details1/samples.csv details2/samples.csv || fail "other values on two ranks"
head -n 1 details1/calibration.csv |
  grep -q -x 'checkpoint,dataset,confidence_from,confidence_to,samples,accuracy,confidence' ||
  fail "$(cat details1/calibration.csv)"
ranks 1 report -run run,smooth -output report -html report.html > output
grep -q '^Accuracy on the test set after the last epoch in %' output && grep -q 'smoothing=0.1' output ||
  fail "$(cat output)"
grep -q 'Accuracy on the test set' report.html || fail "report.html"

# Probabilities: they sum to 1, and the most probable class is right as often as evaluate says.
ranks 1 predict -checkpoint run/checkpoint.h5 -input test.h5 -output p.h5 > output
ranks 2 predict -checkpoint run/checkpoint.h5 -input test.h5 -output p2.h5 > output
cmp p.h5 p2.h5 && cmp p.csv p2.csv || fail "other probabilities on two ranks"
[ "$(head -n 1 p.csv)" = row,class,probability,kind0,kind1,kind2,kind3,kind4,kind5,kind6 ] || fail "$(head -n 1 p.csv)"
awk -F , -v share="$share" 'NR > 1 { s = 0; for (i = 4; i <= NF; i++) s += $i; if (s < 0.99999 || s > 1.00001) exit 1;
  right += $2 == "kind" (84 + $1) % 7; n++ }
                            END { d = right / n - share; exit !(n == 35 && d < 1e-6 && d > -1e-6) }' p.csv ||
                              fail "share $share: $(cat p.csv)"
"$tool" floats p.h5 probability > bytes
[ "$(wc -c < bytes)" -eq $((35 * 7 * 4)) ] || fail "/probability has $(wc -c < bytes) bytes"
unchanged refused 2 'p.h5 exists; give another -output' ranks 1 predict -checkpoint run/checkpoint.h5 \
  -input test.h5 -output p.h5

# What does not fit.
train_on() { ranks 1 train -run bad -dataset "$1" $network -train_epochs 1 -dataset_test "$2"; }
unchanged refused 3 'fields.h5 has fields as its output, the network was trained on a class' train_on train.h5 fields.h5
unchanged refused 3 'test.h5 has a class as its output, the network was trained on fields' train_on fields.h5 test.h5
unchanged refused 3 'others.h5 has number 0 of the output classes is type0, not kind0, on which' \
  train_on train.h5 others.h5
unchanged refused 3 'fewer.h5 has 6 classes, the network was trained on 7' train_on train.h5 fewer.h5
unchanged refused 3 'fields.h5 has fields as its output' ranks 1 evaluate -run run -dataset fields.h5 -picture false
unchanged refused 2 'option -ranks_per_sample is 2, a classification needs whole samples' ranks 2 train -run bad \
  -dataset train.h5 $network -ranks_per_sample 2

# Ensembles: mean probabilities, the same on any number of ranks; a temperature that is fitted to their cross-entropy.
sampled="-collision_evaluate sample -collision_samples 5"
cp -r run drawn
for n in 1 3; do
  ranks $n evaluate -run drawn -dataset test.h5,train.h5 $sampled -evaluate_details ensemble$n -picture false > output
done
cmp ensemble1/ensembles.csv ensemble3/ensembles.csv && cmp ensemble1/samples.csv ensemble3/samples.csv ||
  fail "others on 3 ranks"
[ "$(head -n 1 ensemble1/ensembles.csv)" = \
  checkpoint,dataset,samples,members,temperature,entropy,information,roc_mistakes,roc_dataset ] ||
  fail "$(cat ensemble1/ensembles.csv)"
awk -F , 'NR == 2 { exit !($3 == 35 && $4 == 5 && $5 == 1 && $6 > 0 && $7 > 0 &&
  $7 < $6 && $9 == "") }' ensemble1/ensembles.csv ||
  fail "$(cat ensemble1/ensembles.csv)"
grep -q '^Probabilities are means over 5 passes' output || fail "$(cat output)"
for n in 1 2; do
  ranks $n predict -checkpoint drawn/checkpoint.h5 -input test.h5 -output e$n.h5 $sampled > output
done
cmp e1.h5 e2.h5 && cmp e1.csv e2.csv || fail "other mean probabilities on two ranks"
! cmp -s e1.csv p.csv || fail "an ensemble predicts what one pass does"
entropy() {
  awk -F , 'NR > 1 { for (i = 4; i <= NF; i++) if ($i > 0) s -= $i * log($i); n++ } END { print s / n }' "$1"
}
close "$(entropy e1.csv)" "$(sed -n 2p ensemble1/ensembles.csv | cut -d , -f 6)" 1e-4 ||
  fail "entropy $(entropy e1.csv)"
ranks 2 evaluate -run drawn -calibrate test.h5 -dataset test.h5 $sampled -evaluate_details fitted \
  -picture false > output
grep -q 'scores are divided by [0-9.]* from now on, fitted on test.h5: cross-entropy' output || fail "$(cat output)"
loss() { grep ',cross_entropy,' "$1/errors.csv" | head -n 1 | cut -d , -f 5; }
awk -v a="$(loss ensemble1)" -v b="$(loss fitted)" 'BEGIN { exit !(b > 0 && b < a) }' ||
  fail "the temperature does not lower the cross-entropy: $(loss ensemble1), $(loss fitted)"
temperature=$(sed -n 2p fitted/ensembles.csv | cut -d , -f 5)
sed -n 's/.*divided by \([0-9.]*\) .*/\1/p' output > said
close "$temperature" "$(cat said)" 1e-3 || fail "temperature $temperature, $(cat said)"
ranks 1 predict -checkpoint drawn/checkpoint.h5 -input test.h5 -output e3.h5 $sampled > output
! cmp -s e1.csv e3.csv || fail "predict does not use the temperature"

# The temperature of single passes: fitted again, on two ranks, it is the same; evaluate and predict use it.
cp -r run hot
ranks 1 evaluate -run hot -dataset test.h5 -picture false -evaluate_details raw > output
for n in 1 2; do
  ranks $n evaluate -run hot -calibrate test.h5 -dataset test.h5 -evaluate_details hot$n -picture false > output
  sed -n 's/.*divided by \([0-9.]*\) .*/\1/p' output > hot$n.said
done
cmp hot1.said hot2.said && [ -s hot1.said ] || fail "temperatures: $(cat hot1.said hot2.said)"
cmp hot1/errors.csv hot2/errors.csv || fail "other errors on two ranks"
awk -v a="$(loss raw)" -v b="$(loss hot1)" 'BEGIN { exit !(b > 0 && b < a) }' ||
  fail "the temperature of single passes: cross-entropy $(loss raw), then $(loss hot1)"
ranks 1 predict -checkpoint run/checkpoint.h5 -input test.h5 -output cold.h5 > output
ranks 1 predict -checkpoint hot/checkpoint.h5 -input test.h5 -output hot.h5 > output
awk -v a="$(entropy cold.csv)" -v b="$(entropy hot.csv)" -v t="$(cat hot1.said)" \
  'BEGIN { exit !(t > 1 ? b > a : b < a) }' ||
  fail "entropies at $(cat hot1.said): $(entropy cold.csv), $(entropy hot.csv)"
for of in cold hot; do cut -d , -f 1,2 $of.csv > $of.classes; done
cmp cold.classes hot.classes || fail "the temperature changes a class"

# A smaller network.
ranks 1 condense -checkpoint run/checkpoint.h5 -dataset train.h5 -dataset_test test.h5 -output small.h5 \
  -condense_flops 0.6 > output 2> message || fail "$(cat message)"
ranks 2 condense -checkpoint run/checkpoint.h5 -dataset train.h5 -dataset_test test.h5 -output small2.h5 \
  -condense_flops 0.6 > output 2> message || fail "$(cat message)"
grep -q '^Error: cross-entropy on test.h5' output || fail "$(cat output)"
awk -F , 'NR == 2 { f = $6 } NR == 3 { exit !($6 <= 0.6 * f && $7 > 0 && $8 > 0) }' small.csv || fail "$(cat small.csv)"
close "$(sed -n 3p small.csv | cut -d , -f 7)" "$(sed -n 3p small2.csv | cut -d , -f 7)" 1e-4 ||
  fail "other errors on two ranks"
ranks 1 evaluate -checkpoint small.h5 -dataset test.h5 -output table.csv -picture false > output
ranks 1 condense -checkpoint run/checkpoint.h5 -dataset train.h5 -dataset_test test.h5 \
  -output tuned.h5 -condense_flops 0.6 \
  -run tuned -train_epochs 4 -train_batch 6 -train_microbatch 2 > output 2> message || fail "$(cat message)"
awk -F , '$1 == "pruned" { p = $7 } $1 == "fine-tuned" { exit !($7 < p) }' tuned.csv ||
  fail "tuning does not help: $(cat tuned.csv)"
