# Only "No such file" says that a file is not there. Where a folder may not be searched, or a server does not answer,
# nobody knows: nothing begins again, nothing is replaced.
set -eu
. "$(dirname "$0")/fault.sh"
small_data
ends 0 train 1 run -train_epochs 2 -checkpoint_every 1 -train_condensation_every 1 -train_schedule constant
ranks 1 convert -input run/checkpoint.h5 -format pytorch -output weights.h5 > output
denied="FAULT_ERROR=13" broken="FAULT_ERROR=5" # EACCES, EIO
# unseen N CODE PHRASE "FAULT_CALL=.. FAULT_FILE=.." COMMAND ...: on N ranks, of which the first alone looks
unseen() {
  n_=$1 code_=$2 phrase_=$3 faults_=$4
  shift 4
  unchanged refused "$code_" "$phrase_" faulty "$n_" "$faults_" "$@"
}

# A run is not begun again, no row of its tables is lost; a checkpoint that may not be read does not give way to the one
# before.
again="train -run run -train_epochs 3"
unseen 1 3 "run/checkpoint.h5: cannot be looked at: Permission denied" \
  "FAULT_CALL=stat FAULT_FILE=run/checkpoint.h5 $denied" $again
unseen 2 3 "run/checkpoint.h5: cannot be looked at: Input/output error" \
  "FAULT_CALL=stat FAULT_FILE=run/checkpoint.h5 $broken" train -run run -dataset train.h5 $network
unseen 1 3 "run/checkpoint.h5: .*Permission denied" "FAULT_CALL=open FAULT_FILE=run/checkpoint.h5 $denied" $again
unseen 1 3 "run/config.yaml: cannot be read: Permission denied" \
  "FAULT_CALL=open FAULT_FILE=run/config.yaml $denied" $again
unseen 1 3 "run/metrics.csv: cannot be read: Input/output error" \
  "FAULT_CALL=open FAULT_FILE=run/metrics.csv $broken" $again
cp run/condensation.csv kept.csv
refused 3 "run/condensation.csv: cannot be read: Input/output error" \
  faulty 1 "FAULT_CALL=open FAULT_FILE=run/condensation.csv $broken" $again
cmp kept.csv run/condensation.csv || fail "rows of condensation.csv are lost"
unseen 1 3 "run/checkpoint.h5: .*Permission denied" "FAULT_CALL=open FAULT_FILE=run/checkpoint.h5 $denied" \
  evaluate -run run -dataset test.h5 -picture false

# Files that are to be written: nobody knows whether they are there.
unseen 1 2 "test.h5: cannot be looked at: Permission denied" "FAULT_CALL=stat FAULT_FILE=test.h5 $denied" \
  generate -darcy_grid 16 -samples 2 -output test.h5
unseen 2 4 "weights.h5: cannot be looked at: Permission denied" "FAULT_CALL=stat FAULT_FILE=weights.h5 $denied" \
  convert -input run/checkpoint.h5 -format pytorch -output weights.h5

ranks 1 convert -input test.h5 -format npy -output x.npy,y.npy > output
unseen 1 2 "y.npy: cannot be looked at: Permission denied" "FAULT_CALL=stat FAULT_FILE=y.npy $denied" \
  convert -input test.h5 -format npy -output x.npy,y.npy -overwrite

# What others say about a run.
unseen 2 3 "run/metrics.csv: cannot be read: Input/output error" "FAULT_CALL=open FAULT_FILE=run/metrics.csv $broken" \
  report -run run -output reported
unseen 1 3 "run/config.yaml: cannot be read: Permission denied" "FAULT_CALL=open FAULT_FILE=run/config.yaml $denied" \
  watch -run run -once
unseen 1 3 "run/checkpoint.h5: cannot be looked at: Permission denied" \
  "FAULT_CALL=stat FAULT_FILE=run/checkpoint.h5 $denied" watch -run run -once

# A lock that cannot be read is neither nobody's nor another's.
printf 'host elsewhere\nboot 1 2\nprocess 1 1\njob - 0\n' > run/lock
unseen 1 4 "run/lock: cannot be made or read: Permission denied" \
  "FAULT_CALL=open FAULT_FILE=run/lock FAULT_AFTER=1 $denied" $again
rm run/lock
code=0; faulty 1 "FAULT_CALL=open FAULT_FILE=run/lock FAULT_AFTER=1 $broken" $again > output 2> message || code=$?
[ $code -eq 4 ] &&
  grep -q "^kitinet: run/lock .* Input/output error; this copy does not know whether it still has the lock" message ||
  fail "exit code $code: $(cat message)"
