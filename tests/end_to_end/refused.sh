# Shared by the scripts of this folder.
exec 9>&2 # where a failure is told, whatever stands redirected then
fail() { echo "FAILED: $*" >&9; exit 1; }

# empty_folder: removes what an earlier run of the test left. Only where ctest runs tests: a script called by hand would
# empty the folder that it is called from.
empty_folder() {
  [ -n "${KITINET_SOURCE:-}" ] && [ "$PWD" != "$KITINET_SOURCE" ] || fail "call me by ctest --preset ci -R NAME"
  rm -rf ./*
}

# skip WHY: what follows cannot be tested on this machine. A failure where KN_NO_SKIPS says that nothing may be left
# out.
skip() {
  [ -z "${KN_NO_SKIPS:-}" ] || fail "skipped, where no test may be: $*"
  echo "skipped: $*"
  exit 77
}

# converted CODE: of the script's first conversion of texts, which said `message`; a build without ICU has none
converted() {
  if [ "$1" = 3 ] && grep -q "built without ICU" message; then skip "built without ICU"; fi
  [ "$1" = 0 ] || fail "$(cat message)"
}

# has PROGRAM: whether this machine has it; complete, at the end of a script: what was left out for want of a program is
# a skip
missing=
has() { command -v "$1" > /dev/null || { missing="$missing $1"; return 1; }; }
complete() { [ -z "$missing" ] || skip "not looked at for want of$missing"; }

# No step of a test waits for ever. limited PROGRAM ...: under a limit of time; if it is reached the exit code is 124,
# and a message says which step it was.
seconds=${KN_STEP_SECONDS:-240}
limited() {
  ended=0 started=$(date +%s)
  timeout --foreground -k 30 "$seconds" "$@" || ended=$?
  if [ $(($(date +%s) - started)) -ge "$seconds" ]; then
    echo "no end within $seconds s: $*" >&2
    ended=124
  fi
  return $ended
}

# background SIGNAL PROGRAM ... &: the same for a program that gets this signal, by kill -SIGNAL $!
background() {
  signal_=$1; shift
  exec timeout --foreground -s "$signal_" -k 30 "$seconds" "$@"
}

# await WHAT CONDITION ...: until the condition holds, two minutes or so at most
await() {
  what=$1 tries=0; shift
  until "$@"; do
    tries=$((tries + 1))
    [ $tries -lt 2400 ] || fail "waited too long: $what; $(cat message output 2> /dev/null)"
    sleep 0.05
  done
}

# ranks N COMMAND ...: the program on N ranks; one rank needs no launcher, which is slow to report a failure.
ranks() {
  n=$1; shift
  if [ "$n" -eq 1 ]; then limited "$KITINET" "$@"; else limited "$MPIEXEC" -n "$n" "$KITINET" "$@"; fi
}

# refused CODE PHRASE command ...: the command ends with this code and says so in one line of the program's.
refused() {
  expected=$1 phrase=$2; shift 2
  code=0; "$@" > output 2> message || code=$?
  [ "$code" -eq "$expected" ] || fail "exit code $code, expected $expected, of: $*; $(cat message)"
  grep -q -e "^kitinet: .*$phrase" message || fail "no \"$phrase\" of: $*; $(cat message)"
  [ "$(grep "^kitinet: " message | grep -c -v "^kitinet: warning:")" -eq 1 ] ||
    fail "more than one line of: $*; $(cat message)"
}
