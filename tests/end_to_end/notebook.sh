# The notebook of the Python package runs from beginning to end, and is stored with what its cells say.
set -eu
. "$(dirname "$0")/common.sh"
python=
for candidate in /usr/bin/python3 python3; do
  if "$candidate" -c "import numpy" > /dev/null 2>&1; then python=$candidate; break; fi
done
[ -n "$python" ] || skip "no Python with numpy"
has gnuplot || complete
notebook=src/library/python/notebook/tutorial.ipynb
KITINET_LIBRARY=$(dirname "$KITINET")/libkitinet.so
export KITINET KITINET_LIBRARY PYTHONDONTWRITEBYTECODE=1
runner=$(dirname "$0")/notebook.py
(cd "$KITINET_SOURCE" && TMPDIR="$OLDPWD" limited "$python" "$runner" "$notebook") > output 2> message ||
  fail "$(cat output message)"
grep -q '^10 cells$' output || fail "$(cat output)"
[ "$(grep -c '"execution_count": [0-9]' "$KITINET_SOURCE/$notebook")" -eq 10 ] ||
  fail "the notebook is stored without outputs: notebook.py $notebook --write"
# a cell that raises is found
sed 's/inspect -input test.h5/inspect -input nothing.h5/' "$KITINET_SOURCE/$notebook" > broken.ipynb
if (cd "$KITINET_SOURCE" && TMPDIR="$OLDPWD" limited "$python" "$runner" "$OLDPWD/broken.ipynb") \
  > output 2> message; then
  fail "a broken cell passes"
fi
grep -q 'nothing.h5' message || fail "$(cat message)"
