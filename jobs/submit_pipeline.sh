#!/bin/sh
# Submits a whole study to SLURM, each job when those that it needs have succeeded: data in parts, merge, training,
# evaluation.
#   sh jobs/submit_pipeline.sh DIRECTORY -generate "OPTIONS" -train "OPTIONS" [-samples 1000] [-parts 10] [-test 200]
# DIRECTORY receives all of it: train.h5 (-samples, in so many parts), test.h5 (-test further samples of the ensemble),
# run/, errors.csv, logs/. OPTIONS are those of `kitinet generate` and `kitinet train`, for example
#   -generate "-options_file_yaml configs/li2020-darcy.yaml" -train "-train_epochs 500 -model_residual collision"
# jobs/env.sh says how large the jobs are. The same command again goes on with what is there.
set -eu

refuse() {
  echo "submit_pipeline.sh: $*" >&2
  exit 2
}
number() {
  case "$2" in '' | *[!0-9]* | 0*) refuse "$1 \"$2\" is no positive number" ;; esac
}

[ -r jobs/env.sh ] || refuse "no jobs/env.sh in $PWD: start it in KITINet's folder, sh jobs/submit_pipeline.sh ..."
. jobs/env.sh
command -v sbatch >/dev/null || refuse "no sbatch here: SLURM's commands are needed (without SLURM: jobs/quickstart.sh)"
build="cmake --preset release && cmake --build --preset release"
command -v "$kitinet" >/dev/null ||
  refuse "$PWD holds no program $kitinet: build it ($build), or name it in jobs/env.sh"

directory=${1:-}
usage='sh jobs/submit_pipeline.sh DIRECTORY -generate "OPTIONS" -train "OPTIONS" [-samples N] [-parts N] [-test N]'
case "$directory" in '' | -*) refuse "no directory; $usage" ;; esac
shift
samples=1000 parts=10 test=200 generate_options='' train_options=''
while [ $# -gt 0 ]; do
  [ $# -gt 1 ] || refuse "$1 has no value"
  case "$1" in
    -samples) samples=$2 ;;
    -parts) parts=$2 ;;
    -test) test=$2 ;;
    -generate) generate_options=$2 ;;
    -train) train_options=$2 ;;
    *) refuse "unknown option $1; known are -samples, -parts, -test, -generate, -train" ;;
  esac
  shift 2
done
number -samples "$samples"
number -parts "$parts"
number -test "$test"
[ -n "$generate_options" ] || refuse "no options for the data: -generate \"-pde darcy ...\""
[ $((samples % parts)) -eq 0 ] || refuse "$samples samples do not make $parts equal parts; choose -samples or -parts"

mkdir -p "$directory/logs"
submitted=
give_up() {
  # shellcheck disable=SC2086 # a list of job ids
  [ -z "$submitted" ] || {
    echo "submit_pipeline.sh: a job was refused, those before it are cancelled:$submitted" >&2
    scancel $submitted
  }
}
trap '[ $? -eq 0 ] || give_up' EXIT

# submit WHAT SBATCH_OPTION... SCRIPT ARGUMENT...: job is its id
submit() {
  what=$1
  shift
  job=$(sbatch --parsable --kill-on-invalid-dep=yes --output="$directory/logs/%x-%j.log" "$@")
  job=${job%%;*}
  submitted="$submitted $job"
  echo "$job  $what"
}

set -f # lists of options are split into words, and no * becomes a file's name
# shellcheck disable=SC2086
{
  submit "generates $samples samples in $parts parts" $generate_job --array=0-$((parts - 1)) jobs/generate.sbatch \
    "$directory/train" $((samples / parts)) $generate_options
  generate=$job
  submit "generates $test test samples" $generate_job jobs/generate.sbatch \
    "$directory/test" "$test" "$samples" $generate_options
  tests=$job
  submit "merges the parts to $directory/train.h5" $merge_job --dependency=afterok:$generate jobs/merge.sbatch \
    "$directory/train" "$parts"
  submit "trains in $directory/run" $train_job --dependency=afterok:$job:$tests jobs/train.sbatch "$directory/run" \
    -dataset "$directory/train.h5" -dataset_test "$directory/test.h5" $train_options
  submit "evaluates: $directory/errors.csv, pictures in $directory/run" \
    $evaluate_job --dependency=afterok:$job jobs/evaluate.sbatch \
    -run "$directory/run" -dataset "$directory/train.h5,$directory/test.h5" -output "$directory/errors.csv"
}
echo "Logs are in $directory/logs; squeue shows the jobs. If a job fails, those that need it are cancelled:"
echo "the same command again goes on with what is there."
