#!/bin/sh
# Runs a study on this machine, several trainings at a time, one rank each:
#   sh jobs/study.sh STUDY.yaml                 all runs that are not finished, then the report
#   sh jobs/study.sh STUDY.yaml -j 8            eight at a time; the default is one for each core
#   sh jobs/study.sh STUDY.yaml -validation     the search: tested on the validation samples, runs in
#   runs/STUDY-validation
#   sh jobs/study.sh STUDY.yaml -check          only checks every variant on every dataset, without training
# Before the first run every variant is checked: an unknown option, a value out of range or a missing file ends it.
# Killed, it goes on where it stopped. Files in the study are relative to the directory from which this is called. Exit
# code 1: some runs failed (the others were done), else the program's.
set -eu

[ $# -ge 1 ] || { sed -n '2,8s/^# //p' "$0" >&2; exit 2; }
study=$1 jobs=$(nproc) validation=false check=false
shift
while [ $# -gt 0 ]; do
  case $1 in
    -j) jobs=${2:?-j needs a number}; shift ;;
    -validation) validation=true ;;
    -check) check=true ;;
    *) echo "study.sh: unknown option $1" >&2; exit 2 ;;
  esac
  shift
done

export KITINET="${KITINET:-build/release/kitinet}"
threads=$(($(nproc) / jobs))
export OMP_NUM_THREADS="${OMP_NUM_THREADS:-$((threads > 0 ? threads : 1))}" OPENBLAS_NUM_THREADS=1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
export work

"$KITINET" report -study "$study" -study_validation $validation -list >"$work/list"
total=$(wc -l <"$work/list")
sed -n 's/^todo //p' "$work/list" >"$work/todo"
echo "== $study: $total runs, $(wc -l <"$work/todo") to do"

# One check for all seeds of a variant
awk '{ key = $0; sub(/^-run [^ ]*/, "", key); sub(/ -seed [0-9]*/, "", key);
  if (!seen[key]++) print }' "$work/todo" >"$work/checks"
xargs -r -P "$jobs" -L 1 sh -c '
  "$KITINET" train -dry_run true "$@" >"$work/output.$$" 2>&1 || {
    code=$?
    { grep "^kitinet: " "$work/output.$$" || tail -n 20 "$work/output.$$"; echo "study.sh: refused: kitinet train $*";
      } >"$work/message.$$"
    echo $code >"$work/refused"
    ln "$work/message.$$" "$work/message" 2>/dev/null # the first one speaks
    exit 255
  }' check <"$work/checks" 2>/dev/null || {
  [ -f "$work/message" ] || { echo "study.sh: a check was killed; run the same command again" >&2; exit 1; }
  cat "$work/message" >&2
  exit "$(cat "$work/refused")"
}
echo "== every variant is in order"
[ $check = false ] || exit 0

# A run that was stopped by its -max_time (75) goes on at once. What it says is kept beside its files.
failed=0
awk -v total="$(wc -l <"$work/todo")" '{ print NR "/" total, $0 }' "$work/todo" | xargs -r -P "$jobs" -L 1 sh -c '
  number=$1 run=$3 code=75
  shift
  mkdir -p "$run"
  while [ $code -eq 75 ]; do
    code=0
    "$KITINET" train "$@" >"$run/output.txt" 2>&1 || code=$?
  done
  if [ $code -eq 0 ]; then echo "$number $run: test $(tail -n 1 "$run/metrics.csv" | cut -d , -f 3)"
  else echo "$number $run: FAILED, exit code $code: $(grep "^kitinet: " "$run/output.txt" | tail -n 1)"; exit 1;
    fi' run || failed=1

"$KITINET" report -study "$study" -study_validation $validation
exit $failed
