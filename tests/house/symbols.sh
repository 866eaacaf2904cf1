# The library's stable functions are those of src/library/symbols.txt, with the version that each came in. All other
# symbols that it exports begin with KN or kn_: none of another library gets out. Fortran and Python call nothing but
# these functions.
set -eu
. "$(dirname "$0")/../end_to_end/refused.sh"
empty_folder
library=$(dirname "$KITINET")/libkitinet.so
[ -f "$library" ] || fail "no $library"
cut -d ' ' -f 1 "$KITINET_SOURCE/src/library/symbols.txt" > listed
LC_ALL=C sort -c -u listed || fail "src/library/symbols.txt is not in order"
nm -D --defined-only "$library" | awk '{ print $3 }' | LC_ALL=C sort > exported
[ "$(wc -l < exported)" -ge 500 ] || fail "only $(wc -l < exported) symbols"
grep '^KNSurrogate\|^KNSamples' exported | diff listed - > message || fail "Exported (>) and listed (<) in
src/library/symbols.txt differ. Add what is new, with its version. What is gone needs a new minor version (soname):
$(cat message)"
# Symbols that begin with an underscore are the compiler's and the sanitizers'.
if grep -v '^KN\|^kn_\|^_' exported > message; then fail "symbols that are not ours: $(head message)"; fi
sed -n "s/.*bind(c, name='\(KN[A-Za-z]*\)').*/\1/p" "$KITINET_SOURCE/src/library/kitinet.f90" > called
grep -ho '\bKN\(Surrogate\|Samples\)[A-Z][A-Za-z]*\b' "$KITINET_SOURCE"/src/library/python/kitinet/*.py |
  grep -v 'Shape$' >> called || fail "Python calls nothing"
grep '^KN.*GetShape$' listed >> called
LC_ALL=C sort -u called > used
[ -z "$(LC_ALL=C comm -23 used listed)" ] || fail "not in symbols.txt: $(LC_ALL=C comm -23 used listed)"
