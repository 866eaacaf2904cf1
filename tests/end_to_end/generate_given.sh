# kitinet generate -from, -ranks_per_sample, -dry_run: given inputs give the same solutions, groups of ranks the same to
# the solver's tolerance.
set -eu
. "$(dirname "$0")/refused.sh"
empty_folder
generate() { n=$1; shift; ranks "$n" generate "$@"; }
same() { if has h5diff; then h5diff "$@" > difference || fail "other values: $*; $(cat difference)"; fi; }

# The inputs of a dataset, solved again; a part of its rows.
generate 1 -darcy_grid 16 -samples 6 -seed 3 -first 10 -output random.h5 > summary
for n in 1 3; do
  generate $n -darcy_grid 16 -from random.h5 -output given$n.h5 > summary
  grep -q "^6 samples in " summary || fail "not all rows: $(cat summary)"
done
cmp given1.h5 given3.h5 || fail "three ranks write another file than one"
for array in x y sample checksum; do same random.h5 given1.h5 /$array; done
generate 2 -darcy_grid 16 -from random.h5 -first 2 -samples 3 -output part.h5 > summary
ranks 1 inspect -input part.h5 > shown
grep -q "dataset of 3 samples" shown || fail "not three rows: $(cat shown)"
grep -q "from_fingerprint: '[0-9a-f]*'" shown || fail "no provenance of the inputs: $(cat shown)"

refused 3 "random.h5 has 16 points along axis 1, darcy would store 32: set -darcy_resolution 16" \
  generate 2 -darcy_grid 32 -from random.h5 -output new.h5
refused 3 "random.h5 has its points at cells, darcy would take nodes" \
  generate 1 -darcy_grid 16 -darcy_points nodes -from random.h5 -output new.h5
refused 3 "random.h5 holds 1 input fields, darcy takes 2" generate 1 -darcy_grid 16 \
  -darcy_rhs random -from random.h5 -output new.h5
refused 3 "random.h5 has 6 rows, not 6 from row 2 on" generate 1 -darcy_grid 16 -from random.h5 -first 2 -output new.h5
refused 2 "the inputs of random.h5 have the seed 3" generate 1 -darcy_grid 16 -from random.h5 -seed 4 -output new.h5
cp random.h5 damaged.h5
printf '\377' | dd of=damaged.h5 bs=1 seek=$(($(wc -c < damaged.h5) / 2)) conv=notrunc 2> /dev/null
refused 3 "damaged.h5: row [0-9]* .* is damaged" generate 2 -darcy_grid 16 -from damaged.h5 -output mended.h5
cp random.h5 damaged.h5 # once its source is mended, it goes on
generate 2 -darcy_grid 16 -from damaged.h5 -output mended.h5 > summary
cmp given1.h5 mended.h5 || fail "another file from a mended source"

# Two ranks solve a sample together: alone, and two pairs of them.
generate 1 -darcy_grid 32 -samples 5 -output alone.h5 > summary
for n in 2 4; do
  generate $n -darcy_grid 32 -samples 5 -ranks_per_sample 2 -output pairs$n.h5 > summary
  same alone.h5 pairs$n.h5 /x
  same -d 1e-8 alone.h5 pairs$n.h5 /y # u is about 1e-2, solved to 1e-10 and rounded to 1e-9
done
cmp pairs2.h5 pairs4.h5 || fail "two pairs write another file than one"
refused 2 "3 ranks cannot be shared out in groups of 2 (-ranks_per_sample): start 2 or 4 ranks" \
  generate 3 -samples 5 -ranks_per_sample 2 -output new.h5

# A plan: 640 rows of 2 x 64 x 64 values of 4 bytes, and 12 bytes each.
mkdir folder
generate 2 -dry_run -samples 640 -darcy_grid 64 -output folder/planned.h5 > plan
for phrase in "darcy: -div(a grad u) = f" "64 x 64 cells" "640, 0 to 639 of seed 1" \
  "2, 1 for a sample: at most 320 samples each" "21.0 MB for folder/planned.h5" "are free"; do
  grep -q -F -e "$phrase" plan || fail "no \"$phrase\" in: $(cat plan)"
done
[ -z "$(ls folder)" ] || fail "a plan wrote a file: $(ls folder)"
if ls | grep -q -e new.h5 -e partial; then fail "a refused run left a file: $(ls)"; fi
complete
