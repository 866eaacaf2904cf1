# The losses of a regression: units do not matter, a target that is 0 everywhere has no relative error, a mean over
# nothing is empty; -task_h1, -task_relative.
set -eu
. "$(dirname "$0")/common.sh"
small_data
task_tool=$(dirname "$PWD")/task_tool
on() { n=$1 run=$2 data=$3; shift 3; ranks "$n" train -run "$run" -dataset "$data" $network "$@" > output 2> message; }

# Targets times 2^-66 (1.4e-20): the same training, bit for bit. Times 1e-20 it trains as well.
"$task_tool" scale train.h5 tiny.h5 1.3552527156068805e-20
"$task_tool" scale test.h5 tiny_test.h5 1.3552527156068805e-20
"$task_tool" scale train.h5 decimal.h5 1e-20
on 1 run train.h5 -dataset_test test.h5 -train_epochs 3
on 2 tiny tiny.h5 -dataset_test tiny_test.h5 -train_epochs 3
course run > expected
course tiny | cmp - expected || fail "times 2^-66: $(cat tiny/metrics.csv)"
ranks 1 inspect -input run/best.h5 > /dev/null
on 1 decimal decimal.h5 -train_epochs 3
close "$(last_loss run)" "$(last_loss decimal)" 1e-3 || fail "times 1e-20: $(cat decimal/metrics.csv)"
if grep skipped decimal/log.txt; then fail "times 1e-20"; fi

# Large targets, one of them 0 everywhere, two samples a batch: no step is skipped, and the loss of that sample is no
# larger than the others' by orders.
"$task_tool" scale train.h5 large.h5 1e5 5
ranks 1 train -run large -dataset large.h5 -model_modes 4 -model_width 8 -model_head 16 \
  -train_microbatch 2 -train_batch 2 -train_epochs 3 > output 2> message
if grep skipped large/log.txt; then fail "large targets"; fi
awk -F , 'NR > 1 && !($2 < 2) { exit 1 }' large/metrics.csv || fail "$(cat large/metrics.csv)"

# Tests and tables leave such samples out, and say how many there are.
"$task_tool" scale test.h5 zeros.h5 1 3 6
ranks 1 evaluate -run run -dataset test.h5 -picture false -evaluate_details all > output
ranks 2 evaluate -run run -dataset zeros.h5 -picture true -evaluate_details some > output
grep -q '^zeros.h5: 2 of 8 samples have a target that is 0 everywhere, .* left out of the means$' output ||
  fail "$(cat output)"
grep -v '^[^,]*,[^,]*,[36],' all/samples.csv | sed 's/,test.h5,/,zeros.h5,/' > expected
grep -v '^[^,]*,[^,]*,[36],' some/samples.csv | cmp - expected || fail "$(cat some/samples.csv)"
[ "$(grep -c ',[36],,,,,,,$' some/samples.csv)" = 2 ] || fail "$(cat some/samples.csv)"
mean=$(awk -F , 'NR > 1 { s += $4; n++ } END { printf "%.9g", s / n }' expected)
grep '^run/checkpoint.h5,zeros.h5,l2,6,' some/errors.csv > row || fail "$(cat some/errors.csv)"
close "$mean" "$(cut -d , -f 5 row)" 1e-7 || fail "mean $mean: $(cat row)"

# Where no sample has a relative error there is no mean: empty in files, a dash in tables, nothing to be best by.
"$task_tool" scale test.h5 nothing.h5 0
ranks 1 evaluate -run run -dataset nothing.h5 -output table.csv > output 2> message
grep -q '^run  *collision  *[0-9]* .* -  ' output || fail "$(cat output)"
grep -q '^run,collision,[0-9]*,[0-9.]*,,,,[0-9.]*$' table.csv || fail "$(cat table.csv)"
on 1 blind train.h5 -dataset_test nothing.h5 -train_epochs 2
awk -F , 'NR > 1 && $3 != "" { exit 1 }' blind/metrics.csv || fail "$(cat blind/metrics.csv)"
[ ! -e blind/best.h5 ] || fail "best by no measure"

# The other losses: the same bits on 1 and 2 ranks, other weights than the relative L2 error alone; what a test measures
# stays the relative L2 error.
for loss in '-task_h1 0.1' '-task_relative dataset' '-task_h1 0.1 -task_relative dataset'; do
  rm -rf one two
  on 1 one train.h5 -dataset_test test.h5 -train_epochs 3 $loss
  on 2 two train.h5 -dataset_test test.h5 -train_epochs 3 $loss
  [ "$(weights one)" = "$(weights two)" ] || fail "$loss: other weights on two ranks"
  [ "$(weights one)" != "$(weights run)" ] || fail "$loss changes nothing"
  ranks 1 evaluate -run one -dataset test.h5 -picture false -output table.csv > output
  close "$(tail -n 1 one/metrics.csv | cut -d , -f 3)" "$(tail -n 1 table.csv | cut -d , -f 5)" 1e-5 ||
    fail "$loss: $(cat one/metrics.csv table.csv)"
done
ranks 1 inspect -input one/checkpoint.h5 | grep -q 'task_h1: 0.1' ||
  fail "the checkpoint does not say what its loss was"
refused 2 'option -ranks_per_sample is 2, differences of -task_h1 need whole samples' on 2 shared train.h5 \
  -task_h1 0.1 -ranks_per_sample 2
refused 2 'option -task_relative is dataset, which -train_normalizer none does not measure: take channel' \
  on 1 shared train.h5 -task_relative dataset -train_normalizer none
