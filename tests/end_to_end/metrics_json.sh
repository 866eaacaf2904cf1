# kitinet train: metrics.jsonl holds the rows of metrics.csv as JSON objects, also of a resumed run; tests every so many
# epochs are those of a run that tests after each.
set -eu
. "$(dirname "$0")/common.sh"
small_data

# same RUN: what awk makes of metrics.csv is metrics.jsonl
same() {
  awk -F , 'NR == 1 { n = split($0, name, ","); next }
            { printf "{"; for (i = 1; i <= n; i++) printf "\"%s\": %s%s", name[i], $i == "" ||
              $i ~ /nan|inf/ ? "null" : $i, i < n ? ", " : "}\n" }' "$1/metrics.csv" > expected
  cmp expected "$1/metrics.jsonl" || fail "$1: $(cat "$1/metrics.csv" "$1/metrics.jsonl")"
}

train 2 tested -dataset_test test.h5 -train_epochs 3
same tested
[ "$(wc -l < tested/metrics.jsonl)" -eq 3 ] || fail "$(cat tested/metrics.jsonl)"
grep -q \
  -x '{"epoch": 3, "train": [0-9.e-]*, "test": [0-9.e-]*, "lr": [0-9.e-]*, "seconds": [0-9.]*, "data_wait": [0-9.]*}' \
  tested/metrics.jsonl || fail "$(cat tested/metrics.jsonl)"

# Resumed: rows behind the checkpoint go from both; what is no number becomes null.
train 1 run -train_epochs 2 -train_schedule constant
sed -i '2s/.*/1,nan,,1.000000e-03,2.500,0.0000/' run/metrics.csv
echo '9,5.000000e-01,,1.000000e-03,9.000,0.0000' >> run/metrics.csv
echo '{"epoch": 9}' >> run/metrics.jsonl
train 1 run -train_epochs 3 -train_schedule constant
same run
echo '{"epoch": 1, "train": null, "test": null, "lr": 1.000000e-03, "seconds": 2.500, "data_wait": 0.0000}' > expected
head -n 1 run/metrics.jsonl | cmp - expected || fail "$(cat run/metrics.jsonl)"
[ "$(cut -d , -f 1 run/metrics.jsonl | tr -d '\n')" = '{"epoch": 1{"epoch": 2{"epoch": 3' ] ||
  fail "$(cat run/metrics.jsonl)"

# Seldom tested: after every third epoch and after the last; the training is the same, and the best is the best of
# those.
train 2 often -dataset_test test.h5 -train_epochs 5
train 2 seldom -dataset_test test.h5 -train_epochs 5 -train_test_every 3
same seldom
awk -F , -v OFS=, '$1 == 1 || $1 == 2 || $1 == 4 { $3 = "" } { print $1, $2, $3, $4 }' often/metrics.csv > expected
course seldom | cmp - expected || fail "often: $(cat often/metrics.csv), seldom: $(cat seldom/metrics.csv)"
best=$(awk -F , 'NR > 1 && $3 != "" && (e == "" || $3 < e) { e = $3; n = $1 } END { print n }' seldom/metrics.csv)
ranks 1 inspect -input seldom/best.h5 | grep -q "training *$best epochs," ||
  fail "best.h5 is not of epoch $best: $(ranks 1 inspect -input seldom/best.h5)"
ends 0 "$KITINET" watch -run seldom -once > output 2> message
grep -q "^seldom  epoch 5/5 .* test [0-9.]* %  best [0-9.]* % after epoch $best" output || fail "$(cat output)"
