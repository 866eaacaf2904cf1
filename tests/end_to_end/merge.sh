# kitinet merge: parts of an ensemble become the file of one run, byte for byte; what does not belong together is
# refused and named.
set -eu
. "$(dirname "$0")/refused.sh"
empty_folder
generate() { ranks 1 generate -darcy_grid 16 "$@" > summary; }
merge() { n=$1; shift; ranks "$n" merge "$@"; }

generate -samples 20 -output whole.h5
generate -first 0 -samples 8 -output a.h5
generate -first 8 -samples 5 -output b.h5
generate -first 13 -samples 7 -output c.h5
merge 1 -input a.h5,b.h5,c.h5 -output abc.h5 > summary
grep -q "^20 samples of 3 datasets" summary || fail "no summary: $(cat summary)"
cmp whole.h5 abc.h5 || fail "the parts do not make the whole"
merge 3 -input c.h5,a.h5,b.h5 -output cab.h5 > summary
cmp whole.h5 cab.h5 || fail "another file by three ranks, from parts in another order"
refused 3 \
  'the parts leave out samples 8 to 12: "kitinet generate -first 8 -samples 5" .*makes them; -gaps merges without' \
  merge 2 -input c.h5,a.h5 -output new.h5
merge 2 -input a.h5,c.h5 -output ac.h5 -gaps > summary
ranks 1 inspect -input ac.h5 > shown
for phrase in "dataset of 15 samples" "first: 0" "samples: 20" "all 15 checksums are right"; do
  grep -q -F -e "$phrase" shown || fail "no \"$phrase\" in: $(cat shown)"
done
merge 1 -input ac.h5,b.h5 -output acb.h5 > summary
cmp whole.h5 acb.h5 || fail "the gap, filled, does not make the whole"

generate -first 22 -samples 1 -output far.h5
refused 3 "leave out samples 8 to 12 (and 1 more range): .* -first 8 -samples 5" \
  merge 1 -input a.h5,far.h5,c.h5 -output new.h5
generate -first 12 -samples 2 -output overlap.h5
ranks 1 generate -darcy_grid 32 -samples 2 -first 20 -output finer.h5 > summary
generate -darcy_high 10 -samples 2 -first 20 -output other.h5
generate -seed 2 -samples 2 -first 20 -output seed.h5
generate -darcy_face harmonic -samples 2 -first 20 -output face.h5
refused 3 "row 4 of b.h5 and row 0 of overlap.h5 are both sample 12" merge 2 -input a.h5,b.h5,overlap.h5 -output new.h5
refused 3 "finer.h5 is of another problem than a.h5: 32 points along axis 1, not 16" \
  merge 2 -input a.h5,finer.h5 -output new.h5
refused 3 "other.h5 is of another problem than a.h5: a_high is 10, not 12" merge 1 -input a.h5,other.h5 -output new.h5
refused 3 "seed.h5 has seed 2, a.h5 has 1" merge 1 -input a.h5,seed.h5 -output new.h5
refused 3 "face.h5 was made with \"darcy_face: harmonic\", a.h5 with \"darcy_face: arithmetic\"" \
  merge 1 -input a.h5,face.h5 -output new.h5
refused 2 "whole.h5: exists" merge 1 -input a.h5,b.h5 -output whole.h5
refused 2 "merge needs -input" merge 1 -output new.h5
cp b.h5 damaged.h5
printf '\377' | dd of=damaged.h5 bs=1 seek=$(($(wc -c < b.h5) / 2)) conv=notrunc 2> /dev/null
refused 3 "damaged.h5: row [0-9]* .* is damaged" merge 2 -input a.h5,damaged.h5 -output new.h5
if ls | grep -q -e new.h5 -e partial; then fail "a refused run left a file: $(ls)"; fi
