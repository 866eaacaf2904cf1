# NaN and infinite values in a dataset: who computes with samples refuses it, naming file, row and field. A prediction
# that is not finite is no prediction.
set -eu
. "$(dirname "$0")/common.sh"
small_data
"$tool" plant test.h5 inf.h5 5 y 3 inf
"$tool" plant test.h5 sound.h5 5 y 3 0
"$tool" plant test.h5 hole.h5 2 x 100 nan
"$tool" plant train.h5 last.h5 23 y 0 nan
"$tool" plant test.h5 wild.h5 6 x 7 3e38
in_y='inf.h5: row 5 (sample 5) holds NaN or infinite values in "u"'
in_x='hole.h5: row 2 (sample 2) holds NaN or infinite values in "a"'

# Training: a test set, a share kept for validation, before anything is made; the training set, when the normalisers are
# fitted, or in the first epoch.
train_on() { ranks "$1" train -run bad -dataset "$2" $network -train_epochs 2 -model_residual collision "$3" "$4"; }
unchanged refused 3 "$in_y" train_on 1 train.h5 -dataset_test inf.h5
unchanged refused 3 "$in_x" train_on 2 train.h5 -dataset_test hole.h5
unchanged refused 3 "last.h5: row 23 .* in \"u\"" train_on 2 last.h5 -train_validation 0.1
refused 3 "$in_y" train_on 2 inf.h5 -train_test_every 2
ends 0 train 1 run -train_epochs 1 -model_residual collision
refused 3 "$in_y" ranks 2 train -run further -dataset inf.h5 -train_initial run/checkpoint.h5 \
  -train_epochs 1 -train_batch 4
evaluate() { n=$1; shift; ranks "$n" evaluate -run run -picture false "$@"; }
for n in 1 2; do
  refused 3 "$in_y" evaluate $n -dataset test.h5,inf.h5
  refused 3 "$in_x" evaluate $n -dataset hole.h5
  refused 3 "$in_x" evaluate $n -dataset hole.h5 -ranks_per_sample $n
  refused 3 "$in_y" evaluate $n -dataset inf.h5 -collision_samples 2 -collision_evaluate sample
  refused 3 "$in_x" evaluate $n -dataset test.h5 -collision_samples 2 -collision_evaluate sample -calibrate hole.h5
  unchanged refused 3 "$in_x" ranks $n predict -checkpoint run/checkpoint.h5 -input hole.h5 -output new.h5
  refused 3 "$in_x" ranks $n generate -darcy_grid 16 -from hole.h5 -output solved.h5
done
unchanged refused 3 "$in_y" ranks 1 condense -checkpoint run/checkpoint.h5 -dataset inf.h5 -output small.h5

# The others can be judged, and nothing is called nan: neither what has no value nor what a prediction that is not
# finite leaves.
numbers() { if grep -w nan "$@"; then fail "no number: $(cat "$@")"; fi; }
evaluate 1 -dataset sound.h5 -evaluate_details all > output
for n in 1 2; do
  evaluate $n -dataset inf.h5,hole.h5,wild.h5 -allow_nonfinite -evaluate_details rest$n -output rest$n.csv > output
  grep -q "^inf.h5: 1 of 8 samples hold NaN or infinite values; they are left out" output || fail "$(cat output)"
  grep -q "^hole.h5: 1 of 8 samples hold NaN or infinite values; they are left out" output || fail "$(cat output)"
  grep -q " inf (-; inf)" output || fail "no failed prediction in: $(cat output)"
  numbers output rest$n.csv rest$n/errors.csv rest$n/samples.csv rest$n/spectra.csv
done
mean=$(awk -F, '$2 == "sound.h5" && $3 != 5 {s += $4; n++} END {printf "%.8g", s / n}' all/samples.csv)
for n in 1 2; do
  found=$(awk -F, '$2 == "inf.h5" && $3 == "l2" {print $5}' rest$n/errors.csv)
  close "$mean" "$found" 1e-6 || fail "the mean of the others is $found, not $mean"
  awk -F, '$2 == "inf.h5" && $4 == "" {empty = 1} END {exit empty}' rest$n/spectra.csv ||
    fail "no spectrum of the others"
done
refused 2 "leave out -collision_samples" evaluate 1 -dataset inf.h5 -allow_nonfinite \
  -collision_samples 2 -collision_evaluate sample

# What is to be predicted may be missing. A prediction that is not finite is left out, and said; where none is left
# there is no file.
ranks 1 predict -checkpoint run/checkpoint.h5 -input sound.h5 -output right.h5 > output
ranks 1 predict -checkpoint run/checkpoint.h5 -input inf.h5 -output new.h5 > output
[ "$("$tool" difference right.h5 new.h5)" = 0 ] || fail "an output that is not asked for changes the predictions"
for n in 1 2; do
  ranks $n predict -checkpoint run/checkpoint.h5 -input wild.h5 -output some.h5 -overwrite > output 2> message
  grep -q "^7 predictions: some.h5" output &&
    grep -q "warning: 1 predictions are not finite and left out, the first that of row 6;" message ||
    fail "$(cat output message)"
  ranks 1 inspect -input some.h5 > output
  if grep -q "not finite" output; then fail "$(cat output)"; fi
done
"$tool" make one.h5 cells 0 1 1 16 16
for row in 0 1 2; do
  "$tool" plant one.h5 next.h5 $row x 7 3e38
  mv next.h5 one.h5
done
unchanged refused 1 "no prediction of run/checkpoint.h5 is finite, new1.h5 was not written" \
  ranks 2 predict -checkpoint run/checkpoint.h5 -input one.h5 -output new1.h5
