# jobs/gallery.sh: a page with a picture of each equation and a film of each that moves; a second call uses what is
# there.
set -eu
. "$(dirname "$0")/common.sh"
has gnuplot && has ffmpeg || complete
gallery() {
  KITINET=$KITINET PDES="darcy heat" SAMPLES=2 limited sh "$KITINET_SOURCE/jobs/gallery.sh" "page of 2" \
    > output 2> message || fail "$(cat output message)"
}
gallery
for file in darcy-samples.png heat-samples.png heat-film.gif; do
  [ -s "page of 2/$file" ] && grep -q "src=\"$file\"" "page of 2/index.html" || fail "no $file: $(ls "page of 2")"
done
if grep -q 'src="darcy-film' "page of 2/index.html"; then fail "a film of a steady problem"; fi
for image in $(sed -n 's/.*img src="\([^"]*\)".*/\1/p' "page of 2/index.html"); do
  [ -s "page of 2/$image" ] || fail "the page shows $image, which is not there"
done
grep -q 'div(a grad u) = f' "page of 2/index.html" && grep -q 'frames: 11' "page of 2/index.html" || fail "no equations"
cp "page of 2/index.html" first.html
cksum "page of 2/heat.h5" > expected
gallery
cmp first.html "page of 2/index.html" || fail "another page"
cksum "page of 2/heat.h5" | cmp - expected || fail "generated again"
complete
