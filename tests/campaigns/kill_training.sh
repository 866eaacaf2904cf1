# Training, and generation, killed by SIGKILL at random moments, all ranks or one; each start goes on from what is
# there, and the end is that of an uninterrupted run, bit for bit.
#
#   ctest --test-dir build/release -L campaign -V  200 kills of a training run, 50 of a generation
#   KILLS=20 GENERATION_KILLS=5 SEED=3 ctest ...   fewer, at other moments
set -eu
. "$(dirname "$0")/../end_to_end/refused.sh"
empty_folder
kills=${KILLS:-200} generation_kills=${GENERATION_KILLS:-50} state=${SEED:-1}
random() { state=$(((state * 1103515245 + 12345) % 2147483648)); drawn=$((state / 65536 % $1)); } # drawn: 0 .. $1 - 1

# two_ranks COMMAND ...: in the background, their processes in pids
two_ranks() { background TERM "$MPIEXEC" -n 2 sh -c 'echo $$ >> pids; exec "$KITINET" "$@"' sh "$@"; }
both_started() { [ "$(wc -l < pids)" -eq 2 ]; }

# gone: whether the processes named in the file pids have ended; those that nobody waited for have
gone() {
  for process in $(cat pids); do
    condition=$(sed -n 's/^State:[[:space:]]*\(.\).*/\1/p' "/proc/$process/status" 2> /dev/null || true)
    case $condition in '' | Z | X) ;; *) return 1 ;; esac
  done
}

# reap LAUNCHER: after ranks were killed; its exit code in code. What counts is that the ranks are gone: Open MPI's
# launcher itself can hang when one of them is killed while it connects (4.1.4: "PMIX ERROR: UNREACHABLE"), and is then
# ended by the limit of its time, code 124.
reap() {
  await "ranks still run after one was killed" gone
  code=0; wait "$1" || code=$?
}

# campaign KILLS LONGEST FINISHED COMMAND ...: kills until KILLS have struck; a command that ends before that begins
# anew, after its end is compared
campaign() {
  wanted=$1 longest=$2 finished=$3 struck=0 starts=0 ends=0; shift 3
  while [ $struck -lt "$wanted" ]; do
    : > pids
    { seconds=${LAUNCHER_SECONDS:-40}; two_ranks "$@"; } > output 2> message &
    launcher=$!
    await "two ranks do not start" both_started
    random "$longest"
    sleep "$((drawn / 1000)).$(printf %03d $((drawn % 1000)))"
    random 3
    case $drawn in
    0) victims=$(sed -n 1p pids) ;;
    1) victims=$(sed -n 2p pids) ;;
    *) victims=$(cat pids) ;;
    esac
    kill -KILL $victims 2> /dev/null || true
    reap $launcher
    [ ! -e killed.h5 ] || code=0 # the dataset has its name: the kill came too late
    starts=$((starts + 1))
    case $code in
    0) ends=$((ends + 1)); $finished ;;
    *)
      if grep -q "^kitinet: [^w]" message && ! grep -q "going on from the previous one" message; then
        fail "start $starts was refused: $(cat message)"
      fi
      struck=$((struck + 1))
      if [ "$code" -eq 124 ]; then echo "after kill $struck the launcher hung, its ranks were gone"; fi
      if [ $((struck % 20)) -eq 0 ]; then echo "$struck kills, $ends ends"; fi
      ;;
    esac
    [ $starts -lt $((3 * wanted + 10)) ] || fail "only $struck of $starts starts were killed: take a longer run"
  done
  code=0; ranks 2 "$@" > output 2> message || code=$?
  [ $code -eq 0 ] || fail "the last start ends with $code: $(cat message)"
  $finished
  echo "$struck kills in $starts starts, $((ends + 1)) runs ended, each as the uninterrupted one"
}

"$KITINET" generate -darcy_grid 16 -samples 24 -output train.h5 > /dev/null
"$KITINET" generate -darcy_grid 16 -samples 8 -first 24 -output test.h5 > /dev/null
training="-dataset train.h5 -dataset_test test.h5 -model_modes 4 -model_width 8 -model_head 16 -train_batch 6
  -train_microbatch 2 -train_epochs ${EPOCHS:-1000} -checkpoint_every 1"
ranks 2 train $training -run whole > output 2> message
trained() {
  for file in checkpoint.h5 best.h5; do cmp whole/$file killed/$file || fail "another $file after $struck kills"; done
  cut -d , -f 1-4 whole/metrics.csv > expected
  cut -d , -f 1-4 killed/metrics.csv | cmp - expected || fail "other metrics after $struck kills"
  [ -z "$(find killed -name '*.tmp' -o -name 'lock*')" ] || fail "leftovers: $(ls killed)"
  rm -rf killed
}
campaign "$kills" 1500 trained train $training -run killed

solving="-darcy_grid 32 -samples ${SAMPLES:-3000}"
ranks 2 generate $solving -output whole.h5 > output
generated() {
  cmp whole.h5 killed.h5 || fail "another dataset after $struck kills"
  [ ! -e killed.h5.partial ] || fail "a leftover"
  rm killed.h5
}
campaign "$generation_kills" 1500 generated generate $solving -output killed.h5
