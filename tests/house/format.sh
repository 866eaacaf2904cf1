# C as .clang-format says it (clang-format 14, Debian 12). All text in lines of at most 120 columns (.md: links.sh),
# without tabs, without blanks at the end of a line, with a line break at the end of the file (.editorconfig). Scripts
# of which shellcheck says nothing (.shellcheckrc).
set -eu
. "$(dirname "$0")/../end_to_end/refused.sh"
empty_folder
cd "$KITINET_SOURCE"
# files PATTERN ...: of the tree, without what builds left there
files() {
  for pattern; do find . -name "$pattern" ! -path './build*' ! -path './.git/*'; done | sort
}
c=$(files '*.c' '*.h')
[ "$(echo "$c" | wc -l)" -ge 300 ] || fail "too few sources: $c"
text="$c $(files '*.sh' '*.sbatch' '*.md' '*.cmake' CMakeLists.txt CMakePresets.json '*.yaml' '*.py' '*.awk' '*.f90' \
  '*.gnuplot' '*.in' '*.def' Dockerfile) ./.ci/run"
# A character that is no ASCII has several bytes, of which all but the first are 10xxxxxx.
LC_ALL=C awk '{ l = $0; gsub(/[\200-\277]/, "", l) }
  length(l) > 120 { print FILENAME ":" FNR ": " length(l) " columns" }' \
  $(echo "$text" | grep -v '\.md$') > "$OLDPWD/long"
[ ! -s "$OLDPWD/long" ] || fail "$(cat "$OLDPWD/long")"
if grep -nP '\t| $' $text > "$OLDPWD/blanks"; then fail "tabs or blanks at the end: $(head "$OLDPWD/blanks")"; fi
for file in $text; do
  [ -z "$(tail -c 1 "$file")" ] || fail "$file does not end with a line break"
done

if has clang-format; then
  case $(clang-format --version) in
  *version\ 14.*)
    clang-format --dry-run $c > "$OLDPWD/format" 2>&1
    [ ! -s "$OLDPWD/format" ] ||
      fail "clang-format -i these: $(grep -o '^[^:]*:[0-9]*' "$OLDPWD/format" | sort -u | head -n 20)"
    ;;
  *) missing="$missing clang-format-14" ;;
  esac
fi
if has shellcheck; then
  shellcheck -s sh -S warning -f gcc $(files '*.sh') > "$OLDPWD/shell" || fail "$(cat "$OLDPWD/shell")"
  shellcheck -s bash -S warning -f gcc $(files '*.sbatch') > "$OLDPWD/shell" || fail "$(cat "$OLDPWD/shell")"
fi
complete
