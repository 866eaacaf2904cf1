# kitinet generate, killed or stopped in the middle, goes on where it was: the file is that of an uninterrupted run, byte for byte.
set -eu
. "$(dirname "$0")/refused.sh"
rm -rf ./*
samples=400
generate() { n=$1; shift; ranks "$n" generate -darcy_grid 32 "$@"; }

generate 2 -samples $samples -output whole.h5 > summary

# killed NAME: starts two ranks, kills them as soon as some of the samples are on disk; the size of the file tells nothing, the time does.
generate_forever() { "$MPIEXEC" -n 2 sh -c 'echo $$ >> pids; exec "$KITINET" generate -darcy_grid 32 -samples "$1" -output killed.h5' sh "$samples" > log 2>&1; }
kills=0
for delay in 0.02 0.06 0.1; do
  : > pids
  generate_forever &
  launcher=$!
  waited=0
  until [ -e killed.h5.partial ] || [ -e killed.h5 ] || [ $waited -gt 300 ]; do sleep 0.02; waited=$((waited + 1)); done
  sleep $delay
  kill -9 $(cat pids) 2> /dev/null || true
  wait $launcher || kills=$((kills + 1))
  [ -e killed.h5 ] && break
  [ -e killed.h5.partial ] || fail "a killed run left nothing to go on from"
done
[ $kills -ge 1 ] || fail "no run was killed before its end"
[ -e killed.h5 ] || generate 2 -samples $samples -output killed.h5 > summary
cmp whole.h5 killed.h5 || fail "another file after $kills kills"

# A time limit ends in order, with exit code 75; every run goes on with what the one before has done.
code=75 runs=0
while [ $code -eq 75 ]; do
  code=0; generate 1 -samples $samples -output limited.h5 -max_time 0.5 > summary 2> message || code=$?
  runs=$((runs + 1))
  [ $runs -lt 200 ] || fail "no end after $runs runs: $(cat summary message)"
  [ $code -eq 0 ] || grep -q "stopped early, .* of $samples samples are left" summary || fail "exit code $code: $(cat summary message)"
done
[ $code -eq 0 ] || fail "exit code $code after $runs runs: $(cat message)"
[ $runs -eq 1 ] || grep -q "^going on with" summary || fail "the last of $runs runs began afresh: $(cat summary)"
cmp whole.h5 limited.h5 || fail "another file after $runs runs of limited time"

# A signal, too; what is left is continued only for the same data.
"$KITINET" generate -darcy_grid 32 -samples 20000 -output signalled.h5 > summary 2> message &
run=$!
waited=0
until [ -e signalled.h5.partial ] || [ $waited -gt 300 ]; do sleep 0.02; waited=$((waited + 1)); done
sleep 0.5
kill -USR1 $run
code=0; wait $run || code=$?
[ $code -eq 75 ] || fail "exit code $code after SIGUSR1: $(cat summary message)"
[ -e signalled.h5.partial ] || fail "nothing is left to go on from"
generate 1 -samples $samples -output signalled.h5 > summary 2> message
grep -q "signalled.h5.partial, left by an earlier run, cannot be continued: 20000 samples, not $samples; begins afresh" message || fail "not told why it begins afresh: $(cat message)"
cmp whole.h5 signalled.h5 || fail "another file after a leftover of other data"
[ ! -e signalled.h5.partial ] || fail "a leftover"
