# Rows 4 to 6 and 16 in training: writing and flushing of a checkpoint fail, signals come twice and during a checkpoint.
# The earlier checkpoint stays, nothing half-written does, and the run goes on later.
set -eu
. "$(dirname "$0")/fault.sh"
small_data
run="train -dataset train.h5 $network -train_epochs 6 -checkpoint_every 2"
ends 0 ranks 1 $run -run whole > output 2> message
ends 75 ranks 1 $run -run run -max_time 1e-9 > output 2> message
cp run/checkpoint.h5 kept.h5
kept() {
  cmp run/checkpoint.h5 kept.h5 || fail "$1: the checkpoint was replaced"
  if ls run | grep -q tmp; then fail "$1: a temporary file stays: $(ls run)"; fi
}

fails() { faulty 2 "$@" $run -run run -max_time 0; }
refused 4 "run/checkpoint.h5: flushing to disk failed: Input/output error" \
  fails "FAULT_CALL=fsync FAULT_FILE=checkpoint.h5"
kept "fsync: EIO"
if grep -q MPI_ABORT message; then fail "ranks that agree on a failure end by MPI_Abort: $(cat message)"; fi
refused 4 "run/best.h5: writing failed: No space left on device; free some space" \
  fails "FAULT_CALL=write FAULT_FILE=best.h5 FAULT_ERROR=28"
kept "write: ENOSPC"
refused 4 "run/checkpoint.h5: writing failed: File too large" \
  fails "FAULT_CALL=write FAULT_FILE=checkpoint.h5 FAULT_ERROR=27"
kept "write: EFBIG"
capped() { limited sh -c 'ulimit -f 128; exec "$KITINET" "$@"' capped $run -run run -max_time 0; } # 64 KiB
refused 4 "run/\(best\|checkpoint\).h5: writing failed: File too large" capped
kept "a file-size limit"
ends 0 ranks 1 $run -run run -max_time 0 > output 2> message
cmp whole/checkpoint.h5 run/checkpoint.h5 || fail "another end after failed checkpoints"
cmp whole/best.h5 run/best.h5 || fail "another best after failed checkpoints"

# By the clock: every step here, in the middle of epochs too; the run is the same.
ends 0 ranks 2 $run -run clock -checkpoint_minutes 1e-6 > output 2> message
cmp whole/checkpoint.h5 clock/checkpoint.h5 || fail "checkpoints by the clock change the run"

# Two signals in a row, while checkpoints are being written all the time.
ends 0 ranks 1 train -dataset train.h5 $network -train_epochs 80 -run long > output 2> message
code=75 signals=0
while [ $code -eq 75 ]; do
  code=0 written=$(stat -c %Y.%i signalled/checkpoint.h5 2> /dev/null || echo 0)
  background USR1 "$KITINET" train -dataset train.h5 $network -train_epochs 80 \
    -run signalled -checkpoint_minutes 1e-6 > output 2> message &
  process=$!
  if [ $signals -lt 3 ]; then
    moved() {
      ! kill -0 $process || [ "$(stat -c %Y.%i signalled/checkpoint.h5 2> /dev/null || echo 0)" != "$written" ]
    }
    await "no checkpoint" moved
    kill -USR1 $process 2> /dev/null || true
    kill -TERM $process 2> /dev/null || true
    signals=$((signals + 1))
  fi
  wait $process || code=$?
  [ $code -eq 75 ] || [ $code -eq 0 ] || fail "exit code $code after $signals pairs of signals: $(cat message)"
done
cmp long/checkpoint.h5 signalled/checkpoint.h5 || fail "another end after $signals pairs of signals"
