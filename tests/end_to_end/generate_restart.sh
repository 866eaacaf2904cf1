# kitinet generate, killed or stopped in the middle, goes on where it was: the file is that of an uninterrupted run,
# byte for byte.
set -eu
. "$(dirname "$0")/fault.sh"
samples=400
generate() { n=$1; shift; ranks "$n" generate -darcy_grid 32 "$@"; }

generate 2 -samples $samples -output whole.h5 > summary

# A rank is killed at one of its writes, four to a sample; the launcher ends the other.
for writes in 30 101 202; do
  code=0
  faulty 2 "FAULT_CALL=pwrite FAULT_FILE=killed.h5 FAULT_AFTER=$writes FAULT_SIGNAL=9" \
    generate -darcy_grid 32 -samples $samples -output killed.h5 > output 2> message || code=$?
  [ $code -ne 0 ] || fail "not killed after $writes writes"
  [ ! -e killed.h5 ] && [ -e killed.h5.partial ] || fail "killed after $writes writes, it left: $(ls)"
done
generate 2 -samples $samples -output killed.h5 > summary
grep -q "^going on with" summary || fail "begins afresh after it was killed: $(cat summary)"
cmp whole.h5 killed.h5 || fail "another file after three kills"

# Another process has the file. A job that was started again waits for its earlier start to go, others are told.
flock waited.h5.partial sh -c ': > held; until [ -e let_go ]; do sleep 0.1; done' &
await "nobody holds the file" [ -e held ]
waited() { generate 1 -samples 3 -output waited.h5; }
refused 2 "waited.h5.partial: is being written by another run" waited
(sleep 2; : > let_go) &
SLURM_RESTART_COUNT=1 waited > summary 2> message || fail "did not wait for its earlier start: $(cat message)"
wait
rm held let_go

# The earlier start publishes while the later one waits: what is published is neither the waiter's to write, nor to
# replace unasked.
published() { SLURM_RESTART_COUNT=1 generate 1 -samples $samples -output published.h5 "$@"; }
for overwrite in "" -overwrite; do
  rm -f published.h5
  generate 1 -samples $samples -output published.h5 -max_time 1e-9 > summary 2> message || true
  flock published.h5.partial sh -c ': > held; until [ -e publish ]; do sleep 0.1; done
    mv published.h5.partial published.h5; cp whole.h5 published.h5' &
  await "nobody holds the file" [ -e held ]
  (sleep 2; : > publish) &
  if [ "$overwrite" ]; then
    published $overwrite > summary 2> message || fail "does not replace what was published: $(cat message)"
  else
    refused 2 "published.h5: exists: choose another name, or give -overwrite to replace it" published
  fi
  wait
  cmp whole.h5 published.h5 || fail "the waiter wrote into the published file"
  [ ! -e published.h5.partial ] || fail "a leftover"
  rm held publish
done

# A time limit ends in order, with exit code 75, and never before a sample is done, however slow the start; every run
# goes on with what the one before has done.
one() { generate 1 -samples 3 -output one.h5 -max_time 1e-9 > summary 2> message; }
for left in 2 1; do
  code=0; one || code=$?
  [ $code -eq 75 ] || fail "exit code $code: $(cat summary message)"
  grep -q "stopped early, $left of 3 samples are left" summary ||
    fail "not one sample in a run of no time: $(cat summary message)"
done
one || fail "exit code $?: $(cat summary message)"
code=75 runs=0 limit=1
while [ $code -eq 75 ]; do # the limit doubles, in tenths of a second
  code=0
  generate 1 -samples $samples -output limited.h5 -max_time $((limit / 10)).$((limit % 10)) \
    > summary 2> message || code=$?
  runs=$((runs + 1)) limit=$((limit * 2))
  [ $code -eq 0 ] || grep -q "stopped early, .* of $samples samples are left" summary ||
    fail "exit code $code: $(cat summary message)"
done
[ $runs -eq 1 ] || grep -q "^going on with" summary || fail "the last of $runs runs began afresh: $(cat summary)"
cmp whole.h5 limited.h5 || fail "another file after $runs runs of limited time"

# A signal, too; what is left is continued only for the same data.
ends 75 faulty 1 "FAULT_CALL=pwrite FAULT_FILE=signalled.h5 FAULT_AFTER=101 FAULT_TIMES=1 FAULT_SIGNAL=10" \
  generate -darcy_grid 32 -samples 500 -output signalled.h5 > summary 2> message
[ -e signalled.h5.partial ] || fail "nothing is left to go on from"
generate 1 -samples $samples -output signalled.h5 > summary 2> message
grep -q "signalled.h5.partial, left by an earlier run, cannot be continued: 500 samples, not $samples; begins afresh" \
  message || fail "not told why it begins afresh: $(cat message)"
cmp whole.h5 signalled.h5 || fail "another file after a leftover of other data"
[ ! -e signalled.h5.partial ] || fail "a leftover"
