# The man pages and the shell completion say what -help says: every option of every command, no other.
set -eu
. "$(dirname "$0")/common.sh"

ranks 1 -version > output
sh "$KITINET_SOURCE/src/packaging/manual.sh" "$KITINET" "$(cut -d ' ' -f 2 output)" made > output 2> message ||
  fail "no manual: $(cat message)"
ranks 1 -help > output
commands=$(sed -n 's/^  \([a-z_]*\)  .*/\1/p' output)
for command in $commands; do
  grep -q "^.BR kitinet..$command (1)" made/man1/kitinet.1 || fail "kitinet.1 lacks $command"
  page=made/man1/kitinet-$command.1
  ranks 1 "$command" -help > output
  sed -n 's/^  \(-[^ ]*\).*/\1/p' output | sort > told
  sed -n 's/^\.B \\\(-[^ ]*\)$/\1/p' "$page" | tr -d '\\' | sort > written
  [ -z "$(comm -23 told written)" ] || fail "$page lacks $(comm -23 told written)"
  [ "$command" = generate ] || cmp told written || fail "$page has more options than $command -help"
  [ -z "$(uniq -d written)" ] || fail "$page explains $(uniq -d written) twice"
  [ "$(sed -n '3p' "$page")" = "kitinet-$command \\- $(sed -n "s/^  $command  *//p" made/help/kitinet |
    sed 's/-/\\-/g')" ] || fail "$page begins $(sed -n '3p' "$page")"
done
# The page of generate has the options of every equation.
for equation in $(sed -n 's/^  -pde .*(one of \(.*\)).*/\1/p' made/help/generate | tr -d ','); do
  ranks 1 generate -pde "$equation" -help > output
  for option in $(sed -n 's/^  \(-[^ ]*\).*/\1/p' output); do
    grep -q -x -e ".B $(echo "$option" | sed 's/-/\\\\-/')" made/man1/kitinet-generate.1 ||
      fail "kitinet-generate.1 lacks $option"
  done
done

has bash || complete
# completed WORD...: what bash offers for the last word
completed() {
  bash -c '. made/kitinet.bash; COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)); _kitinet; echo ${COMPREPLY[*]}' kitinet "$@"
}
[ "$(completed kitinet insp)" = inspect ] || fail "for insp: $(completed kitinet insp)"
[ "$(completed kitinet train -collision_r)" = -collision_rate ] ||
  fail "for -collision_r: $(completed kitinet train -collision_r)"
[ "$(completed kitinet train -collision_law u)" = uniform ] ||
  fail "for -collision_law u: $(completed kitinet train -collision_law u)"
[ "$(completed kitinet inspect -input made/kit)" = made/kitinet.bash ] ||
  fail "for a file: $(completed kitinet inspect -input made/kit)"
