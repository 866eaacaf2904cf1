# A study of a classification, tested after the last epoch only: jobs/study.sh and kitinet report know its runs as
# finished, a run that was stopped keeps its rows; accuracies of the table follow from the runs, differences are in
# points, the picture shows the error rate. The preset for images is a study.
set -eu
. "$(dirname "$0")/common.sh"
export KITINET
task_tool=$(dirname "$PWD")/task_tool
"$task_tool" classes train.h5 3 30 0 kind 16 15
"$task_tool" classes test.h5 3 21 30 kind 16 15
cat > study.yaml <<END
study: images
common: -model_type resnet -model_depth 8 -model_width 4 -train_batch 6 -train_microbatch 2 -train_optimizer sgd
  -train_lr 0.05 -train_test_every 1000000
seeds: [1, 2]
train_samples: [12, 30]
baseline: plain
datasets:
  kinds:
    train: train.h5
    validation: 0.2
    test: test.h5
variants:
  plain: -model_residual plain
  collision: -model_residual collision -collision_dimension 2
options:
  kinds/*/12: -train_epochs 3
  kinds/*/30: -train_epochs 4
END
limited sh "$KITINET_SOURCE/jobs/study.sh" study.yaml -j 1 > output 2> message || fail "$(cat output message)"
grep -q "8 of 8 runs are finished" output || fail "$(cat output)"
grep -q "^Accuracy on the test set .* in %, .*" output && grep -q "Student's t), in points" output ||
  fail "$(cat output)"
[ -s runs/images/error_kinds.png ] || ! has gnuplot || fail "no picture: $(ls runs/images)"

# Mean accuracy and paired difference in points.
accuracy() { tail -n 1 "runs/images/kinds/$1/30/seed$2/metrics.csv" | cut -d , -f 7; }
expected=$(echo "$(accuracy plain 1) $(accuracy plain 2) $(accuracy collision 1) $(accuracy collision 2)" |
  awk '{ printf "%.4f %+.2f", 50 * ($3 + $4), 50 * ($3 + $4 - $1 - $2) }')
found=$(awk '$2 == 30 && $3 == "collision" { print $5, $7 }' output)
[ "$found" = "$expected" ] || fail "in the table $found, of the runs $expected"

# The rows without a test are rows; a stopped run keeps them.
[ "$(cut -d , -f 1 runs/images/kinds/plain/12/seed1/metrics.csv | tr '\n' ' ')" = "epoch 1 2 3 " ] ||
  fail "$(cat runs/images/kinds/plain/12/seed1/metrics.csv)"
for epochs in 2 4; do
  ranks 1 train -run longer -dataset train.h5 -dataset_test test.h5 -model_type resnet -model_depth 8 -train_batch 6 \
    -train_microbatch 2 -train_test_every 3 -train_schedule constant -train_epochs $epochs > output 2> message ||
    fail "$(cat message)"
done
awk -F , 'NR > 1 && ($1 != NR - 1 || ($7 != "") != (NR >= 3)) { e = 1 } END { exit e || NR != 5 }' longer/metrics.csv ||
  fail "$(cat longer/metrics.csv)"

# By the networks without their collisions.
ranks 1 report -study study.yaml -collision_evaluate off -output off > output || fail "$(cat output)"
grep -q "8 of 8 runs are finished" output && [ "$(wc -l < off/runs.csv)" -eq 9 ] || fail "$(cat output off/runs.csv)"
ranks 1 report -study "$KITINET_SOURCE/configs/study-images.yaml" -list > list
[ "$(grep -c "^todo -run runs/images/cifar10/.* -dataset data/cifar10-train.h5 " list)" -eq 50 ] || fail "$(cat list)"
grep -q "/rare/1000/seed5 .* -train_epochs 200 .* -collision_rate 0.1" list || fail "$(cat list)"
complete
