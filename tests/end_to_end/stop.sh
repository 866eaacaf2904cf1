# kitinet train: a signal or -max_time ends it with a checkpoint and exit code 75; after SIGKILL the next start goes on
# from the last checkpoint.
set -eu
. "$(dirname "$0")/common.sh"
small_data

# Waits until RUN has N epochs.
has_epochs() { [ -f "$1/metrics.csv" ] && [ "$(wc -l < "$1/metrics.csv")" -gt "$2" ]; }
wait_for() { await "no $2 epochs of $1" has_epochs "$@"; }
stopped() {
  grep -q "stopped early, checkpoint written" output || fail "$1: $(cat output message)"
  ranks 1 evaluate -checkpoint "$1/checkpoint.h5" -dataset test.h5 -picture false > output ||
    fail "$1: the checkpoint cannot be used"
}

for signal in TERM INT USR1; do
  background $signal "$KITINET" train -run $signal -dataset train.h5 $network \
    -train_epochs 1000000 > output 2> message &
  process=$!
  wait_for $signal 2
  kill -$signal $process
  ends 75 wait $process
  stopped $signal
done

# A batch system signals the launcher, which passes SIGUSR1 on to the ranks.
background USR1 "$MPIEXEC" -n 2 "$KITINET" train -run launched -dataset train.h5 $network \
  -train_epochs 1000000 > output 2> message &
process=$!
wait_for launched 2
kill -USR1 $process
ends 75 wait $process
stopped launched

ends 75 train 2 limited -train_epochs 1000000 -max_time 0.5
stopped limited

# Killed three times between or during checkpoints of every epoch, then run to the end.
train 1 whole -train_epochs 120 -checkpoint_every 1
for epochs in 10 40 70; do
  "$KITINET" train -run killed -dataset train.h5 $network -train_epochs 120 -checkpoint_every 1 > output 2> message &
  process=$!
  wait_for killed $epochs
  kill -KILL $process
  wait $process 2> /dev/null || true
done
ends 0 train 1 killed -train_epochs 120 -checkpoint_every 1
cmp whole/checkpoint.h5 killed/checkpoint.h5 || fail "after SIGKILL the run ends elsewhere"
course whole > expected
course killed | cmp - expected || fail "after SIGKILL the run has other metrics"
