# kitinet watch shows what stands in the files of a run, before it has begun, while a row is half written, after its
# end; and ends with the run.
set -eu
. "$(dirname "$0")/common.sh"

watch() { "$KITINET" watch "$@" > output 2> message; }
# a run of so many of 10 epochs, its error 1/epoch
made() {
  mkdir -p "$1"
  echo "train_epochs: 10" > "$1/config.yaml"
  awk -v n="$2" 'BEGIN { print "epoch,train,test,lr,seconds,data_wait"; for (i = 1;
    i <= n; i++) printf "%d,%.6e,%.6e,1e-3,%.3f,0.0\n", i, 1 / i, 2 / i, 3 * i }' > "$1/metrics.csv"
}

ends 2 watch -once
grep -q "add -run" message || fail "$(cat message)"
ends 3 watch -run nowhere -once
grep -q "run directory nowhere: No such file or directory" message || fail "$(cat message)"
mkdir empty
ends 0 watch -run empty -once
grep -q "^empty  has not begun" output || fail "$(cat output)"
grep -q "no epoch is finished yet" output || fail "$(cat output)"

made half 4
printf '5,2.0e-01,4.' >> half/metrics.csv
ends 0 watch -run half -once
errors="train 25.000 %  test 50.000 %  best 50.000 % after epoch 4"
grep -q "^half  epoch 4/10  $errors  lr 1.00e-03  3.00 s an epoch  0:18 left" output || fail "$(cat output)"
grep -q "epoch 1 to 4:  a half train  b half test" output || fail "$(cat output)"
[ "$(wc -l < output)" -le 24 ] || fail "more lines than a terminal has: $(cat output)"
# On a terminal of UTF-8 the dots are coloured Braille characters, U+2800 to U+28FF.
if has script; then
  env -u NO_COLOR LC_ALL=C.UTF-8 script -qec "$KITINET watch -run half -once" /dev/null > terminal < /dev/null
  LC_ALL=C grep -q "$(printf '\342[\240-\243][\200-\277]')" terminal || fail "no Braille: $(cat terminal)"
  grep -q "$(printf '\033')\[38;5;" terminal || fail "no colours: $(cat terminal)"
fi
# On a logarithmic axis the larger of two curves stands higher everywhere: b above a in the first column and in the
# last.
awk '/[|]|┤|│/ { sub(/^[^|┤│]*[|┤│]/, ""); line[++n] = $0 } END {
  for (i = 1; i <= n; i++) for (j = 1; j <= length(line[i]); j++) { c = substr(line[i], j, 1);
    if (c == "a" && !a[j]) a[j] = i; if (c == "b" && !b[j]) b[j] = i }
  for (j in a) if (b[j] && b[j] > a[j]) exit 1 }' output || fail "curves out of place: $(cat output)"

# It ends when all runs have: here while it looks on.
made going 9
"$KITINET" watch -run going,half -every 0.1 > output 2> message &
watcher=$!
sleep 1
kill -0 $watcher || fail "ended before the runs did: $(cat output message)"
made half 10
made going 10
waited=0
while kill -0 $watcher 2> /dev/null; do
  sleep 0.1
  waited=$((waited + 1))
  [ $waited -lt 300 ] || {
    kill -9 $watcher
    fail "watches finished runs"
  }
done
wait $watcher || fail "exit code $? at the end of the runs"
grep -q "^going  epoch 10/10 .* finished" output || fail "$(tail -n 30 output)"

# A signal ends it, too, with nothing left behind.
made going 9
"$KITINET" watch -run going -every 60 > output 2> message &
watcher=$!
sleep 1
kill -INT $watcher 2> /dev/null || fail "ended: $(cat message)"
wait $watcher || fail "exit code $? after SIGINT"
complete
