# Shared by the scripts of this folder.
fail() { echo "FAILED: $*" >&2; exit 1; }

# ranks N COMMAND ...: the program on N ranks; one rank needs no launcher, which is slow to report a failure.
ranks() {
  n=$1; shift
  if [ "$n" -eq 1 ]; then "$KITINET" "$@"; else "$MPIEXEC" -n "$n" "$KITINET" "$@"; fi
}

# refused CODE PHRASE command ...: the command ends with this code and says so in one line of the program's.
refused() {
  expected=$1 phrase=$2; shift 2
  code=0; "$@" > output 2> message || code=$?
  [ "$code" -eq "$expected" ] || fail "exit code $code, expected $expected, of: $*; $(cat message)"
  grep -q -e "^kitinet: .*$phrase" message || fail "no \"$phrase\" of: $*; $(cat message)"
  [ "$(grep "^kitinet: " message | grep -c -v "^kitinet: warning:")" -eq 1 ] || fail "more than one line of: $*; $(cat message)"
}
