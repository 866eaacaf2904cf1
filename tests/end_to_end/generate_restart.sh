# kitinet generate, killed or stopped in the middle, goes on where it was: the file is that of an uninterrupted run, byte for byte.
set -eu
. "$(dirname "$0")/refused.sh"
rm -rf ./*
samples=400
generate() { n=$1; shift; ranks "$n" generate -darcy_grid 32 "$@"; }

generate 2 -samples $samples -output whole.h5 > summary

# Two ranks, killed as soon as both are at work; the size of the file tells nothing of the samples in it, the time does.
two_ranks() { background TERM "$MPIEXEC" -n 2 sh -c 'echo $$ >> pids; exec "$KITINET" generate -darcy_grid 32 -samples "$1" -output killed.h5' sh "$samples"; }
begun() { [ "$(wc -l < pids)" -eq 2 ] && { [ -e killed.h5.partial ] || [ -e killed.h5 ]; }; }
kills=0
for delay in 0.02 0.06 0.1; do
  : > pids
  { seconds=20; two_ranks; } > output 2> message &
  launcher=$!
  await "killed.h5.partial does not appear" begun
  sleep $delay
  kill -9 $(cat pids) 2> /dev/null || true
  reap $launcher
  [ $code -eq 0 ] || kills=$((kills + 1))
  [ -e killed.h5 ] && break
  [ -e killed.h5.partial ] || fail "a killed run left nothing to go on from"
done
[ $kills -ge 1 ] || fail "no run was killed before its end"
[ -e killed.h5 ] || generate 2 -samples $samples -output killed.h5 > summary
cmp whole.h5 killed.h5 || fail "another file after $kills kills"

# A time limit ends in order, with exit code 75, and never before a sample is done, however slow the start; every run goes on with what the one before has done.
one() { generate 1 -samples 3 -output one.h5 -max_time 1e-9 > summary 2> message; }
for left in 2 1; do
  code=0; one || code=$?
  [ $code -eq 75 ] || fail "exit code $code: $(cat summary message)"
  grep -q "stopped early, $left of 3 samples are left" summary || fail "not one sample in a run of no time: $(cat summary message)"
done
one || fail "exit code $?: $(cat summary message)"
code=75 runs=0 limit=1
while [ $code -eq 75 ]; do # the limit doubles, in tenths of a second
  code=0; generate 1 -samples $samples -output limited.h5 -max_time $((limit / 10)).$((limit % 10)) > summary 2> message || code=$?
  runs=$((runs + 1)) limit=$((limit * 2))
  [ $code -eq 0 ] || grep -q "stopped early, .* of $samples samples are left" summary || fail "exit code $code: $(cat summary message)"
done
[ $runs -eq 1 ] || grep -q "^going on with" summary || fail "the last of $runs runs began afresh: $(cat summary)"
cmp whole.h5 limited.h5 || fail "another file after $runs runs of limited time"

# A signal, too; what is left is continued only for the same data.
background USR1 "$KITINET" generate -darcy_grid 32 -samples 20000 -output signalled.h5 > summary 2> message &
run=$!
await "signalled.h5.partial does not appear" [ -e signalled.h5.partial ]
sleep 0.5
kill -USR1 $run
code=0; wait $run || code=$?
[ $code -eq 75 ] || fail "exit code $code after SIGUSR1: $(cat summary message)"
[ -e signalled.h5.partial ] || fail "nothing is left to go on from"
generate 1 -samples $samples -output signalled.h5 > summary 2> message
grep -q "signalled.h5.partial, left by an earlier run, cannot be continued: 20000 samples, not $samples; begins afresh" message || fail "not told why it begins afresh: $(cat message)"
cmp whole.h5 signalled.h5 || fail "another file after a leftover of other data"
[ ! -e signalled.h5.partial ] || fail "a leftover"
