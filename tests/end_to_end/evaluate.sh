# kitinet evaluate: table and pictures at any resolution; data that do not fit the network, checkpoints that are none:
# exit code 3 and a reason.
set -eu
. "$(dirname "$0")/common.sh"
small_data
train 1 run -train_epochs 2
evaluate() { n=$1; shift; ranks "$n" evaluate -picture false "$@"; }

ranks 2 evaluate -run run -checkpoint run/best.h5 -dataset test.h5,fine.h5 -output table.csv > output
columns=test_mean,test_deviation,test_highest,fine_mean,fine_deviation,fine_highest
head -n 1 table.csv | grep -q -x "run,residual,parameters,mflop_a_sample,$columns,seconds" ||
  fail "$(cat table.csv)"
cp test.h5 'q"uote.h5'
ranks 1 evaluate -checkpoint run/best.h5 -dataset 'q"uote.h5' -output quoted.csv > output
head -n 1 quoted.csv | grep -q ',"q""uote_mean","q""uote_deviation",' ||
  fail "a quote in the name of a dataset: $(head -n 1 quoted.csv)"
rm 'q"uote.h5' quoted.csv
for picture in fields_test fields_fine spectra_fine distribution_test distribution_fine curves; do
  [ -s run/$picture.png ] || fail "no picture $picture in: $(ls run)"
done

"$tool" make frames.h5 cells 3 0 1 16 16
"$tool" make line.h5 cells 0 1 1 16
"$tool" make two.h5 cells 0 2 1 16 16
"$tool" make pair.h5 cells 0 1 2 16 16
"$tool" make nodes.h5 nodes 0 1 1 16 16
"$tool" make coarse.h5 cells 0 1 1 16 7
"$tool" make fits.h5 cells 0 1 1 9 8
evaluate 1 -run run -dataset fits.h5 > output
unchanged refused 3 "frames.h5 is time-dependent (3 frames)" evaluate 1 -run run -dataset frames.h5
unchanged refused 3 "line.h5 has 1 axes, the network was trained on 2" evaluate 1 -run run -dataset line.h5
unchanged refused 3 "two.h5 has 2 input fields" evaluate 1 -run run -dataset two.h5
unchanged refused 3 "pair.h5 has 2 output fields" evaluate 1 -run run -dataset pair.h5
unchanged refused 3 "nodes.h5 has its points at nodes, the network was trained on cells" \
  evaluate 1 -run run -dataset nodes.h5
unchanged refused 3 "7 points, fewer than twice the 4 modes" evaluate 1 -run run -dataset coarse.h5
unchanged refused 3 "nowhere/checkpoint.h5: No such file or directory; check the path" \
  evaluate 1 -run nowhere -dataset test.h5
unchanged refused 3 "test.h5: not a checkpoint of this program" evaluate 1 -checkpoint test.h5 -dataset test.h5
unchanged refused 3 "run/checkpoint.h5 was made with other options: -model_width is 8 there, 9 here" \
  evaluate 1 -run run -dataset test.h5 -model_width 9
unchanged refused 2 "evaluate needs -dataset FILE" evaluate 1 -run run
unchanged refused 2 "evaluate needs -run DIRECTORY" evaluate 1 -dataset test.h5
unchanged refused 3 "frames.h5 is time-dependent (3 frames)" evaluate 2 -run run -dataset frames.h5
unchanged refused 3 "7 points, fewer than twice the 4 modes" evaluate 2 -run run -dataset coarse.h5
unchanged refused 3 "7 points, fewer than twice the 12 modes: -model_modes at most 3" \
  ranks 2 train -run new -dataset coarse.h5
unchanged refused 3 "line.h5 has 1 axes" ranks 1 train -run new -dataset train.h5 -dataset_test line.h5 $network
unchanged refused 4 "cannot be written; choose another -output" evaluate 1 \
  -run run -dataset test.h5 -output test.h5/table.csv

# The number of samples that pass through the network together changes errors by rounding alone.
evaluate 1 -run run -dataset test.h5 -evaluate_batch 1 -output one.csv > output
evaluate 1 -run run -dataset test.h5 -evaluate_batch 3 -output three.csv > output
close "$(sed -n 2p one.csv | cut -d , -f 5)" "$(sed -n 2p three.csv | cut -d , -f 5)" 1e-6 ||
  fail "-evaluate_batch changes errors: $(cat one.csv three.csv)"
unchanged refused 2 "option -evaluate_batch is 0, out of range" evaluate 1 -run run -dataset test.h5 -evaluate_batch 0

# Collisions are switched on and off at evaluation, with the same weights.
evaluate 1 -run run -dataset test.h5 -output mean.csv > output
evaluate 1 -run run -dataset test.h5 -output off.csv -collision_evaluate off > output
[ "$(sed -n 2p mean.csv | cut -d , -f 5)" != "$(sed -n 2p off.csv | cut -d , -f 5)" ] ||
  fail "-collision_evaluate has no effect"

# All that is measured, in long form; the mean over samples.csv is that of the table, and of errors.csv; cells: the
# bands add up (Parseval).
evaluate 2 -run run -checkpoint run/best.h5 -dataset test.h5,fine.h5 -output table.csv \
  -evaluate_details details > output
grep -q "^checkpoint,dataset,measure,samples,mean,deviation,lowest,quantile_05,.*,worst_row$" details/errors.csv ||
  fail "$(head -n 1 details/errors.csv)"
[ "$(wc -l < details/errors.csv)" -eq 29 ] ||
  fail "errors.csv has not a row for 2 networks, 2 datasets, 7 measures: $(cat details/errors.csv)"
[ "$(wc -l < details/samples.csv)" -eq 29 ] || fail "samples.csv has not a row for 2 networks and 8 + 6 samples"
awk -F , 'NR > 1 { d = $4 * $4 - $8 * $8 - $9 * $9 - $10 * $10; if (d < 0) d = -d;
  if (d > 1e-5 * $4 * $4) exit 1 }' details/samples.csv || fail "the bands do not add up: $(cat details/samples.csv)"
mean=$(awk -F , '$1 == "run/checkpoint.h5" && $2 == "test.h5" { sum += $4; n++ } END {
  printf "%.9g", sum / n }' details/samples.csv)
close "$mean" "$(sed -n 2p table.csv | cut -d , -f 5)" 1e-6 || fail "mean of samples.csv $mean, table $(cat table.csv)"
close "$mean" "$(grep "^run/checkpoint.h5,test.h5,l2," details/errors.csv | cut -d , -f 5)" 1e-6 ||
  fail "mean of samples.csv $mean, errors.csv: $(cat details/errors.csv)"
head -n 1 details/spectra.csv | grep -q "^checkpoint,dataset,wavenumber,truth,prediction,error$" ||
  fail "$(head -n 1 details/spectra.csv)"
evaluate 1 -run run -checkpoint run/best.h5 -dataset test.h5,fine.h5 -evaluate_details alone > output
cmp details/samples.csv alone/samples.csv || fail "another number of ranks, other errors"
unchanged refused 4 "directory test.h5: Not a directory; choose another with -evaluate_details" \
  evaluate 1 -run run -dataset test.h5 -evaluate_details test.h5
