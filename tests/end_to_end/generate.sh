# kitinet generate: the same bytes from 1 to 4 ranks, parts of an ensemble fit together, nothing is overwritten or left
# behind.
set -eu
. "$(dirname "$0")/refused.sh"
empty_folder
generate() { n=$1; shift; ranks "$n" generate -darcy_grid 16 "$@"; }

for n in 1 2 3 4; do generate $n -samples 10 -output ranks$n.h5 > summary; done
for n in 2 3 4; do cmp ranks1.h5 ranks$n.h5 || fail "$n ranks wrote another file than one"; done
generate 4 -samples 2 -output few.h5 > summary # two ranks have nothing to do
grep -q "^2 samples in " summary || fail "no summary: $(cat summary)"

# Samples 4 and 5 of the ensemble are the same rows, wherever they stand.
if has h5dump; then
  generate 2 -samples 2 -first 4 -output part.h5 > summary
  for field in x y; do
    h5dump -d /$field -s 4,0,0,0 -c 2,1,16,16 -b LE -o whole.bin ranks1.h5 > dump
    h5dump -d /$field -b LE -o part.bin part.h5 > dump
    cmp whole.bin part.bin || fail "-first 4 gives other values of $field"
  done
fi

# What an earlier run left unfinished is taken over.
echo "half a dataset" > after.h5.partial
generate 1 -samples 10 -output after.h5 > summary
cmp ranks1.h5 after.h5 || fail "a leftover changed the file"

cp ranks1.h5 kept.h5
refused 2 "ranks1.h5: exists" generate 2 -samples 3 -output ranks1.h5
cmp ranks1.h5 kept.h5 || fail "a refused run changed the file"
generate 1 -samples 3 -output ranks1.h5 -overwrite > summary
if cmp -s ranks1.h5 kept.h5; then fail "-overwrite kept the old file"; fi

generate 1 -samples 3 -darcy_field_tau 0 -darcy_field_scale 3 -output long_waves.h5 \
  > summary # no length scale but the domain's
grep -q "^3 samples in " summary || fail "no summary: $(cat summary)"

mkdir folder
refused 2 "add -output FILE" generate 1 -samples 3
refused 2 "create the directory first" generate 2 -samples 3 -output nowhere/new.h5
refused 2 "folder: is no file" generate 1 -samples 3 -output folder -overwrite
refused 2 "samples" generate 1 -samples 0 -output new.h5
refused 2 "samples" generate 1 -samples 1e99 -output new.h5
refused 2 "pde" generate 1 -pde weather -output new.h5
refused 2 "option -darcy_field_tau is 0, of which no scale follows: give -darcy_field_scale" \
  generate 1 -samples 3 -darcy_field_tau 0 -output new.h5
refused 2 "option -darcy_field_tau is -1, out of range: 0 to 1000" generate 1 \
  -samples 3 -darcy_field_tau -1 -output new.h5
refused 1 "none of 3 samples could be solved" generate 1 -samples 3 -darcy_coefficient lognormal \
  -darcy_field_scale 1000 -output new.h5
if ls | grep -q -e new.h5 -e partial; then fail "a refused run left a file: $(ls)"; fi
complete
