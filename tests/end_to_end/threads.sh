# Threads of a rank wait for each other without keeping other programs from their processors; what the user sets stands.
# No time is judged.
set -eu
. "$(dirname "$0")/refused.sh"
empty_folder
unset OMP_NUM_THREADS
[ "$(nproc)" -gt 1 ] || skip "one processor: no thread waits for another"
export OMP_DISPLAY_ENV=verbose # libgomp says what it was loaded with
# loaded SPINCOUNT STARTS NAME=VALUE ..: the program runs with this count, after so many starts of it
loaded() {
  count=$1 starts=$2; shift 2
  limited env "$@" "$KITINET" -version > output 2> message || fail "exit code $?: $*"
  grep -q "^kitinet [0-9]" output || fail "$*: $(cat output)"
  grep "GOMP_SPINCOUNT" message > counts || fail "this OpenMP does not say how it waits: $(cat message)"
  [ "$(wc -l < counts)" -eq "$starts" ] && tail -n 1 counts | grep -q "'$count'" ||
    fail "not $count after $starts starts with $*: $(cat counts)"
}
loaded 3000 2 KN_TEST=1
loaded 3000 2 OMP_NUM_THREADS=2
loaded 77 1 GOMP_SPINCOUNT=77
loaded 0 1 OMP_WAIT_POLICY=passive
loaded 300000 1 OMP_NUM_THREADS=1
