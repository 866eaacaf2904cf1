# jobs/study.sh, kitinet report: a study runs, is resumed, and reported on; numbers of the report follow from the runs;
# wrong studies are refused before the first run.
set -eu
. "$(dirname "$0")/common.sh"
small_data
export KITINET
study() { limited sh "$KITINET_SOURCE/jobs/study.sh" "$@" -j 1; }
report() { ranks 1 report "$@"; }
cat > study.yaml <<END
study: trial
common: $network
  -train_schedule constant
steps: 8
seeds: [1, 2]
train_samples: [12, 24]
baseline: plain
datasets:
  darcy:
    train: train.h5
    validation: fine.h5
    test: test.h5
variants:
  plain: -model_residual plain
  collision_0.3: -model_residual collision -collision_rate 0.3
END

report -study study.yaml -list > list
[ "$(grep -c "^todo -run runs/trial/darcy/" list)" -eq 8 ] || fail "not eight runs to do: $(cat list)"
data="-dataset train.h5 -dataset_test test.h5"
shown="-run runs/trial/darcy/collision_0.3/12/seed2 $data -train_samples 12 -seed 2"
grep -q -e "^todo $shown .* -collision_rate 0.3 -train_epochs 4$" list ||
  fail "$(cat list)"
grep -q -e "plain/24/seed1 .* -train_epochs 2$" list || fail "8 steps of 6 are not 2 epochs of 24 samples: $(cat list)"

# One run is there already, another begun: the first is not touched, the second goes on.
first=$(sed -n 1p list); second=$(sed -n 2p list)
ranks 1 train ${first#todo } > output 2> message
ends 75 ranks 1 train ${second#todo } -max_time 1e-9 > output 2> message
cksum runs/trial/darcy/*/12/seed1/checkpoint.h5 > before
[ "$(report -study study.yaml -list | grep -c "^done ")" -eq 1 ] ||
  fail "not one run is done: $(report -study study.yaml -list)"
report -study study.yaml | grep -q "1 of 8 runs are finished" || fail "an unfinished study is not reported on"
study study.yaml > output 2> message || fail "the study ends with $?: $(cat output message)"
grep -q "^== study.yaml: 8 runs, 7 to do" output || fail "$(cat output)"
grep -q "8 of 8 runs are finished" output || fail "$(cat output)"
directory=$(echo "$first" | cut -d ' ' -f 3)
grep -q "$(cksum < $directory/checkpoint.h5)" before || fail "a finished run was trained again"
study study.yaml > output 2> message || fail "again: $(cat output message)"
grep -q "^== study.yaml: 8 runs, 0 to do" output || fail "a finished study is run again: $(cat output)"

# The table from the runs: mean over seeds, deviation, mean and interval of the paired difference, t = 12.7062 for one
# degree of freedom.
errors() { for s in 1 2; do tail -n 1 "runs/trial/darcy/$1/12/seed$s/metrics.csv" | cut -d , -f 3; done | tr '\n' ' '; }
set -- $(errors plain) $(errors collision_0.3)
expected=$(awk -v a="$1" -v b="$2" -v c="$3" -v d="$4" 'BEGIN { p = c - a; q = d - b; e = p > q ? p - q : q - p;
  s = c > d ? c - d : d - c
  printf "%.7g %.7g %.7g %.7g %.7g", (c + d) / 2, s / sqrt(2), (p + q) / 2, (p + q) / 2 - 12.7062047 * e / 2,
    (p + q) / 2 + 12.7062047 * e / 2 }')
found=$(grep "^darcy,12,collision_0.3,test,2," runs/trial/table.csv | cut -d , -f 6,7,11,12,13 | tr , ' ')
i=1
for value in $expected; do
  other=$(echo "$found" | cut -d ' ' -f $i) i=$((i + 1))
  awk -v a="$value" -v b="$other" 'BEGIN { d = a - b; if (d < 0) d = -d; exit !(d <= 2e-6) }' ||
    fail "table: $found, expected $expected"
done
[ "$(wc -l < runs/trial/runs.csv)" -eq 9 ] || fail "$(cat runs/trial/runs.csv)"
run=runs/trial/darcy/plain/24/seed2
grep -q "^darcy,24,plain,2,.*,$run,kitinet train -run $run -dataset train.h5 " runs/trial/runs.csv ||
  fail "$(cat runs/trial/runs.csv)"
[ -s runs/trial/error_darcy.png ] || fail "no picture in $(ls runs/trial)"

# Loose runs: what differs in their options names them.
report -run runs/trial/darcy/plain/12/seed1,runs/trial/darcy/collision_0.3/12/seed1 > output || fail "report -run"
grep -q "residual=collision" output || fail "$(cat output)"

# Tested again without collisions: what evaluate finds, and the network without them as it was.
pair=runs/trial/darcy/plain/12/seed1,runs/trial/darcy/collision_0.3/12/seed1
report -run $pair -collision_evaluate off -output off > output
grep -q "collision_evaluate off" output || fail "the source of the report: $(head -n 3 output)"
ranks 1 evaluate -run runs/trial/darcy/collision_0.3/12/seed1 -dataset test.h5 -collision_evaluate off -picture false \
  -output judged.csv > output
column() { awk -F, -v name="$1" 'NR == 1 { for (i = 1; i <= NF; i++) if ($i == name) c = i } NR > 1 { print $c }'; }
# error REPORT VARIANT: the test error of the run with seed 1 and 12 samples
error() { grep -e "^dataset," -e "/$2/12/seed1," "$1/runs.csv" | column test; }
without=$(error off collision_0.3)
judged=$(column test_mean < judged.csv)
[ "$without" = "$judged" ] || fail "report: $without, evaluate: $judged"
[ "$without" != "$(error runs/trial collision_0.3)" ] || fail "without collisions the same"
again=$(error off plain) before=$(error runs/trial plain)
awk -v a="$again" -v b="$before" 'BEGIN { exit !(a / b < 1 + 1e-6 && b / a < 1 + 1e-6) }' || fail "$again, was $before"

# The search is tested on the validation file only, in a place of its own.
report -study study.yaml -study_validation -list > list
[ "$(grep -c -e "-run runs/trial-validation/.* -dataset_test fine.h5 " list)" -eq 8 ] || fail "$(cat list)"

# Options for a dataset lie and for a number of samples lie under the variants', those for a variant on it and for its
# number of samples over them.
{
  cat study.yaml
  printf '%s\n' options: '  darcy: -train_lr 3e-3 -collision_rate 0.1' '  darcy/*/12: -train_lr 2e-3' \
    '  darcy/plain: -train_weight_decay 1e-3' '  darcy/plain/24: -train_weight_decay 2e-3'
} > tuned.yaml
sed -i 's/^study: trial/study: tuned/' tuned.yaml
report -study tuned.yaml -list > list
grep -q "collision_0.3/12/seed1 .* -train_lr 2e-3 -collision_rate 0.3 -model_residual collision -train_epochs 4$" \
  list || fail "$(cat list)"
grep -q "plain/12/seed2 .* -train_lr 2e-3 .* -train_weight_decay 1e-3 " list || fail "$(cat list)"
grep -q "plain/24/seed2 .* -train_lr 3e-3 .* -train_weight_decay 2e-3 " list || fail "$(cat list)"

# Its samples may be the last ones of the training file, which are not trained on: the same as with files of the two
# parts.
sed 's/validation: fine.h5/validation: 0.25/' study.yaml > share.yaml
report -study share.yaml -study_validation -list > list
[ "$(grep -c -e "-run runs/trial-validation/.* -train_validation 0.25 " list)" -eq 8 ] || fail "$(cat list)"
ranks 1 generate -darcy_grid 16 -samples 18 -output begin.h5 > /dev/null
ranks 1 generate -darcy_grid 16 -samples 6 -first 18 -output end.h5 > /dev/null
train 2 share -train_validation 0.25 -train_epochs 2
ranks 2 train -run parts -dataset begin.h5 -dataset_test end.h5 $network -train_epochs 2 > output 2> message
course share > expected
course parts | cmp - expected ||
  fail "validation on the last samples: $(cat share/metrics.csv), two files: $(cat parts/metrics.csv)"

# Refused before the first run
wrong() { sed "$1" study.yaml | sed 's/^study: .*/study: other/' > wrong.yaml; }
bad() { unchanged refused "$@"; }
wrong 's/collision_rate/collsion_rate/'
bad 2 "unknown option -collsion_rate, did you mean -collision_rate?" study wrong.yaml
wrong 's/rate 0.3/rate 3/';                bad 2 "option -collision_rate is 3, out of range" study wrong.yaml
wrong 's/test: test/test: nowhere/';       bad 3 "nowhere.h5: cannot be opened" study wrong.yaml
refused 2 "exclude each other" ranks 1 train -run new -dataset train.h5 -dataset_test test.h5 $network \
  -train_validation 0.5
refused 2 "keeps 12 of the dataset's 24 samples, which leaves 12 of them, fewer than -train_samples 13" \
  ranks 1 train -run new -dataset train.h5 $network -train_validation 0.5 -train_samples 13
wrong '/validation/d';                     bad 3 "dataset darcy has no validation: FILE" study wrong.yaml -validation
wrong 's/\[12, 24\]/[12, 25]/';            bad 2 "option -train_samples is 25, the dataset holds 24" study wrong.yaml
wrong 's/^baseline: plain/baseline: none/'; bad 3 'the baseline "none" is none of the variants' study wrong.yaml
wrong 's/^seeds/seds/';                    bad 3 'unknown key "seds"' study wrong.yaml
wrong 's/  collision_0.3:/  plain:/';      bad 3 "variants plain is given twice" study wrong.yaml
wrong 's/\[1, 2\]/[1, x]/';                bad 3 'seeds: "x" is not a whole number' study wrong.yaml
wrong 's/constant/constant -seed 3/';      bad 3 "common: -seed is set by the study" study wrong.yaml
sed 's|^study: .*|study: ../up|' study.yaml > wrong.yaml
bad 3 'study "../up": names hold at most' study wrong.yaml
wrong 's/^steps: 8//';                     bad 3 "has no -train_epochs" study wrong.yaml
for scope in brcy darcy/plan darcy/plain/25 'darcy/*' darcy/plain/24/1; do
  sed "s|^study: .*|study: other|; s|darcy/plain/24:|$scope:|" tuned.yaml > wrong.yaml
  bad 3 "options: .* is no DATASET, DATASET/[*]/SAMPLES, DATASET/VARIANT or DATASET/VARIANT/SAMPLES" study wrong.yaml
done
printf 'study: [\n' > wrong.yaml;          bad 3 "not YAML" study wrong.yaml
bad 3 "nowhere.yaml: cannot be read" study nowhere.yaml
bad 2 "report needs -study FILE or -run" report
sed 's/rate 0.3/rate 0.4/' study.yaml > wrong.yaml
bad 3 "seed1 was made with other options: -collision_rate is 0.3 there, 0.4 in the study" report -study wrong.yaml
bad 2 'option -collision_evaluate is "half", expected one of' report -study study.yaml -collision_evaluate half
bad 2 'option -baseline is "none", none of the variants' report -study study.yaml -baseline none

# A task of a job array trains its run of the search; one that is finished is left alone.
ln -s "$KITINET_SOURCE/jobs" jobs
task() {
  SLURM_SUBMIT_DIR=$PWD SLURM_ARRAY_TASK_ID=$1 LAUNCH=env limited bash jobs/study.sbatch study.yaml \
    -validation > output 2> message
}
task 1 || fail "task 1: $(cat output message)"
report -study study.yaml -study_validation -list > list
[ "$(sed -n 1p list | cut -c 1-4)$(grep -c ^todo list)" = done7 ] || fail "$(cat list)"
task 1 || fail "task 1 again: $(cat output message)"
grep -q "^finished already: -run runs/trial-validation/" output || fail "$(cat output)"
ends 2 task 9
grep -q "study.yaml has no run 9" message || fail "$(cat message)"
