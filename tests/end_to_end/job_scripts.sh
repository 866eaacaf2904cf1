# The job scripts refuse what cannot work, in one line that says what to do, before anything is started or written. They
# run here without SLURM; tests/slurm runs them on it.
set -eu
. "$(dirname "$0")/refused.sh"
empty_folder
jobs=$KITINET_SOURCE/jobs
export SLURM_SUBMIT_DIR="$KITINET_SOURCE" LAUNCH="echo started:"

# says PHRASE SCRIPT ...
says() {
  phrase=$1 file=$2; shift 2
  code=0; bash "$jobs/$file" "$@" > output 2> message || code=$?
  [ $code -eq 2 ] || fail "exit code $code of $file $*: $(cat output message)"
  [ "$(wc -l < message)" -eq 1 ] && grep -q -e "$phrase" message || fail "no \"$phrase\" of $file $*: $(cat message)"
  ! grep -q started output || fail "$file $* started something"
}

says "no prefix of the files" generate.sbatch
says "no prefix of the files" generate.sbatch -pde darcy
says "\"-pde\" is no number of samples" generate.sbatch part -pde darcy
says "no prefix of the files" merge.sbatch
says "\"many\" is no number of parts" merge.sbatch part many
says "\"0\" is no number of parts" merge.sbatch part 0
says "no run directory" train.sbatch
says "no run directory" train.sbatch -dataset train.h5
says "nothing to evaluate" evaluate.sbatch
says "no file of options \"rates.txt\"" sweep.sbatch rates.txt "$PWD/sweep"
echo "-collision_rate 0.1" > rates.txt
says "no prefix of the run directories" sweep.sbatch "$PWD/rates.txt" -dataset train.h5
says "no task of a job array" sweep.sbatch "$PWD/rates.txt" "$PWD/sweep"
SLURM_ARRAY_TASK_ID=2 says "no options in line 2" sweep.sbatch "$PWD/rates.txt" "$PWD/sweep"
for script in generate merge train evaluate sweep; do
  KITINET=build/nowhere/kitinet says "no program build/nowhere/kitinet: build it" $script.sbatch part 3
  SLURM_SUBMIT_DIR=$PWD says "no jobs/step.sh in $PWD: submit from" $script.sbatch part 3
  (unset SLURM_SUBMIT_DIR; bash "$jobs/$script.sbatch" part 3) 2>&1 | grep -q "start this with sbatch" ||
    fail "$script.sbatch runs outside a job"
done

# A job that was restarted too often ends; a test set begins where the training samples end.
code=0; SLURM_RESTART_COUNT=3 RESTARTS_AT_MOST=2 bash "$jobs/train.sbatch" "$PWD/run" > output 2> message || code=$?
[ $code -eq 1 ] && grep -q "restarted 2 times already" message && [ ! -s output ] ||
  fail "restarted again: $(cat output message)"
bash "$jobs/generate.sbatch" "$PWD/test" 200 1000 -pde darcy > output
grep -q "started: .* generate -first 1000 -samples 200 -output $PWD/test.h5 -pde darcy" output ||
  fail "other samples: $(cat output)"

# The pipeline is submitted whole or not at all: here sbatch refuses the third job, and the first two are cancelled.
mkdir bin
cat > bin/sbatch << 'STUB'
#!/bin/sh
echo "$*" >> sbatch.calls
n=$(wc -l < sbatch.calls)
[ "$n" -lt 3 ] || { echo "sbatch: error: no such partition" >&2; exit 1; }
echo "10$n"
STUB
printf '#!/bin/sh\necho "$*" > scancel.calls\n' > bin/scancel
chmod +x bin/sbatch bin/scancel
ln -s "$jobs" jobs
PATH=$PWD/bin:$PATH
says "no directory" submit_pipeline.sh
says "no directory" submit_pipeline.sh -samples 10
says "unknown option -sample" submit_pipeline.sh study -sample 10
says "\-samples \"ten\" is no positive number" submit_pipeline.sh study -samples ten
says "no options for the data" submit_pipeline.sh study
says "10 samples do not make 3 equal parts" submit_pipeline.sh study -samples 10 -parts 3 -generate "-pde darcy"
KITINET=build/nowhere/kitinet says "no program build/nowhere/kitinet: build it" submit_pipeline.sh study
[ ! -e study ] && [ ! -e sbatch.calls ] || fail "something was made or submitted"
code=0; sh jobs/submit_pipeline.sh study -generate "-pde darcy" > output 2> message || code=$?
[ $code -ne 0 ] || fail "a refused job is no failure"
[ "$(cat scancel.calls)" = "101 102" ] || fail "not cancelled: $(cat message)"
