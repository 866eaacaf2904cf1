# cppcheck finds nothing in src and solvers. What it gets wrong is suppressed beside the line, with the reason.
set -eu
. "$(dirname "$0")/../end_to_end/refused.sh"
empty_folder
has cppcheck || complete
mkdir -p ../analysis.cache # what it knows of sources that have not changed
cd "$KITINET_SOURCE"
nice cppcheck --cppcheck-build-dir="$OLDPWD/../analysis.cache" --enable=warning,performance,portability --inline-suppr \
  --std=c11 --quiet --include=tests/house/cppcheck.h \
  -I include -I src -I solvers --template='{file}:{line}: {message} [{id}]' src solvers > "$OLDPWD/findings" 2>&1 ||
  fail "cppcheck: $(cat "$OLDPWD/findings")"
[ ! -s "$OLDPWD/findings" ] || fail "$(cat "$OLDPWD/findings")"
