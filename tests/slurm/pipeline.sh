# jobs/submit_pipeline.sh on a cluster makes what the same commands make one after the other on one host;
# jobs/sweep.sbatch trains once for each line of a file.
set -eu
. "$(dirname "$0")/cluster.sh"
equation="-pde darcy -darcy_grid 16"
export GENERATE_JOB="--ntasks-per-node=2" TRAIN_JOB="--nodes=2 --ntasks-per-node=1" EVALUATE_JOB="--ntasks-per-node=2"
pipeline() {
  sh jobs/submit_pipeline.sh study -samples 24 -parts 3 -test 8 -generate "$equation" \
    -train "$network $1" > output 2> message
}
job_that() { sed -n "s/^\([0-9]*\)  $1.*/\1/p" output; }

pipeline "-train_epochs 4" || fail "not submitted: $(cat output message)"
for step in "generates 24" "generates 8" merges trains evaluates; do
  [ -n "$(job_that "$step")" ] || fail "not told which job $step: $(cat output)"
done

# The same by hand, meanwhile.
ranks 1 generate $equation -samples 24 -output train.h5 > summary 2>&1
ranks 1 generate $equation -samples 8 -first 24 -output test.h5 > summary 2>&1
ranks 2 train -run run -dataset train.h5 -dataset_test test.h5 $network -train_epochs 4 > summary 2>&1

await_end "$(job_that evaluates)" COMPLETED
cmp train.h5 study/train.h5 || fail "other training samples"
cmp test.h5 study/test.h5 || fail "other test samples"
cmp run/checkpoint.h5 study/run/checkpoint.h5 || fail "other weights"
ranks 2 evaluate -run study/run -dataset study/train.h5,study/test.h5 -picture false -output errors.csv > summary 2>&1
cmp errors.csv study/errors.csv || fail "other errors"

# A failed job cancels those that need it; what is there is kept.
pipeline "-no_such_option 1" || fail "not submitted: $(cat output message)"
await_for "the evaluation is not cancelled" ended "$(job_that evaluates)"
state_is "$(job_that trains)" FAILED || fail "trained with a wrong option"
state_is "$(job_that evaluates)" CANCELLED || fail "the evaluation did not depend on the training"
grep -q "unknown option.*no_such_option" study/logs/kitinet-train-"$(job_that trains)".log ||
  fail "the log does not say why"
grep -q "test.h5 is there already and is kept" study/logs/*.log || fail "not told that data are kept"
cmp run/checkpoint.h5 study/run/checkpoint.h5 || fail "a refused training changed the run"

printf '%s\n' "-collision_rate 0.1" "-collision_rate 0.3 -seed 2" > rates.txt
# A node for each task: slurmd 22.05 has corrupted its heap, once, while it launched two batch jobs at one moment.
job=$(sbatch --parsable --array=1-2 --ntasks-per-node=1 --exclusive jobs/sweep.sbatch rates.txt sweep \
  -dataset train.h5 $network -train_epochs 1)
await_end "${job}_1" COMPLETED
await_end "${job}_2" COMPLETED
grep -q "collision_rate: 0.1" sweep-1/config.yaml || fail "task 1 has other options than line 1"
grep -q "collision_rate: 0.3" sweep-2/config.yaml && grep -q "^seed: 2" sweep-2/config.yaml ||
  fail "task 2 has other options than line 2"
