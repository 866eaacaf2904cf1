# kitinet convert -format pytorch: every weight in its place, on one, two and three axes; back into a checkpoint the
# same bits; what does not fit is refused, and nothing is left behind.
set -eu
. "$(dirname "$0")/common.sh"
numbers() { file=$1; shift; "$tool" floats "$file" "$@" | od -An -v -w4 -t x4 | tr -d ' '; }
digest() { "$KITINET" inspect -input "$1" | sed -n 's/^  weights *SHA-256 //p'; }
named() { "$KITINET" inspect -input "$1" | awk '/ real numbers$/ { listed = 1; next } listed { print $1 }'; }

ranks 1 generate -darcy_grid 16 -samples 6 -output plane.h5 > summary
ranks 1 generate -pde burgers -burgers_grid 64 -samples 6 -output line.h5 > summary
$tool make flow.h5 periodic 8 0 2 8 8
width=3 modes=2
small="-train_epochs 1 -train_batch 3 -model_width $width -model_layers 2 -model_head 5 -collision_rate 0"
ranks 1 train -run plane -dataset plane.h5 $small -model_modes $modes -train_normalizer pointwise > output 2> message
ranks 1 train -run line -dataset line.h5 $small -model_modes $modes > output 2> message
ranks 1 train -run space -dataset flow.h5 $small -model_modes $modes -train_form spacetime \
  -train_history 2 > output 2> message

# Exact elements: entry (k, i, part, o) of ours is entry (i, o, k of the corner) of theirs.
for run in line:1 plane:2 space:3; do
  dim=${run#*:} run=${run%:*}
  ranks 1 convert -input $run/best.h5 -format pytorch -output $run.weights > output
  corners=$(seq $((1 << (dim - 1))))
  for l in 0 1; do
    numbers $run/best.h5 parameters/block$l.spectral.weight > ours
    # shellcheck disable=SC2046 # a list of words
    numbers $run.weights $(for c in $corners; do echo conv$l.weights$c; done) > theirs
    [ "$(wc -l < ours)" -eq "$(wc -l < theirs)" ] || fail "$run: other numbers of weights"
    awk -v d=$dim -v m=$modes -v C=$width '
      NR == FNR { ours[NR - 1] = $1; next }
      { e = FNR - 1; part = e % 2; e = int(e / 2); at = 0; scale = 1
        for (a = d - 1; a >= 0; a--) { k[a] = e % m; e = int(e / m) }
        o = e % C; e = int(e / C); i = e % C; corner = int(e / C)
        for (a = 0; a < d - 1; a++) { negative = int(corner / 2^a) % 2; at = at * 2 * m + k[a] + negative * m }
        at = at * m + k[d - 1]
        if (ours[((at * C + i) * 2 + part) * C + o] != $1) { print "element " FNR - 1; exit 1 } }' ours theirs ||
          fail "$run: a weight of conv$l is in another place"
  done
  for pair in lift.:fc0. block0.linear.:w0. block1.linear.:w1. head.hidden.:fc1. head.output.:fc2.; do
    for part in weight bias; do
      numbers $run/best.h5 "parameters/${pair%:*}$part" > ours
      numbers $run.weights "${pair#*:}$part" > theirs
      cmp ours theirs || fail "$run: ${pair#*:}$part"
    done
  done
  [ "$(named $run/best.h5 | wc -l)" -eq 12 ] ||
    fail "other parameters than the twelve that were compared: $(named $run/best.h5)"
done

# Statistics: means as they are, deviations with their eps.
numbers plane/best.h5 normalizer/output/mean > ours
numbers plane.weights normalizer/y_mean | cmp - ours || fail "other means"
"$tool" floats line/best.h5 normalizer/input/std normalizer/output/std | od -An -v -t f4 > ours
"$tool" floats line.weights normalizer/x_std normalizer/y_std | od -An -v -t f4 |
  paste ours - | awk '{ for (i = 1; i <= NF / 2; i++) { r = $(i + NF / 2) / $i;
  if (r < 1.000009 || r > 1.000011) exit 1 } }' || fail "deviations without eps"

# There and back: the same weights, the same predictions; on two ranks the same file.
ranks 2 convert -input plane/best.h5 -format pytorch -output again.weights > output
cmp plane.weights again.weights || fail "other ranks, another file"
for run in line plane space; do
  ranks 1 convert -input $run.weights -like $run/checkpoint.h5 -output $run.new > output
  [ "$(digest $run.new)" = "$(digest $run/best.h5)" ] || fail "$run: other weights came back"
done
ranks 1 train -run other -dataset plane.h5 $small -model_modes $modes -train_normalizer pointwise \
  -seed 2 > output 2> message
ranks 2 convert -input plane.weights -like other/checkpoint.h5 -output moved.h5 > output
[ "$(digest other/checkpoint.h5)" != "$(digest plane/best.h5)" ] || fail "another seed, the same weights"
[ "$(digest moved.h5)" = "$(digest plane/best.h5)" ] || fail "the weights did not move"
"$KITINET" inspect -input moved.h5 | grep -q "origin *weights of plane.weights" || fail "no word of the origin"
for checkpoint in plane/best.h5 moved.h5; do
  ranks 1 predict -checkpoint $checkpoint -input plane.h5 -output predicted.h5 -overwrite > output
  mv predicted.h5 predicted.${checkpoint%%[/.]*}
done
[ "$($tool difference predicted.plane predicted.moved)" = 0 ] || fail "other predictions"

# Refused
ranks 1 train -run stream -dataset plane.h5 $small -model_modes $modes -model_residual transport > output 2> message
convert() { n=$1; shift; ranks "$n" convert -output new.h5 "$@"; }
damaged() { unchanged refused 3 "$@"; }
ranks 1 train -run wide -dataset plane.h5 -train_epochs 1 -train_batch 3 -model_width 4 \
  -model_layers 2 -model_head 5 -model_modes $modes -collision_rate 0 > output 2> message
ranks 1 train -run deep -dataset plane.h5 -train_epochs 1 -train_batch 3 -model_width 3 \
  -model_layers 3 -model_head 5 -model_modes $modes -collision_rate 0 > output 2> message
ranks 1 convert -input deep/best.h5 -format pytorch -output deep.weights > output
damaged "the network has the layer parameter block0.transport.step, for which the original FNO has no name" \
  convert 1 -input stream/best.h5 -format pytorch
damaged "plane.weights: fc0.weight is (3, 3), the network wants (4, 3) of 32-bit floats" \
  convert 2 -input plane.weights -like wide/best.h5
damaged "plane.weights: no .*2.*weight.* in it, the network wants (3, 3" \
  convert 1 -input plane.weights -like deep/best.h5
damaged "deep.weights: .*2.* is no array of the network" convert 1 -input deep.weights -like plane/best.h5
damaged "line.weights: fc0.weight is (3, 2), the network wants (3, 3)" convert 1 -input line.weights -like plane/best.h5
damaged "plane.h5 holds neither a network nor texts" convert 1 -input plane.weights -like plane.h5
damaged "nowhere.h5: No such file" convert 1 -input nowhere.h5 -like plane/best.h5
echo "fc0.weight" > text
damaged "text: H5Fopen failed" convert 1 -input text -like plane/best.h5
head -c 3000 plane.weights > cut
damaged "cut: " convert 1 -input cut -like plane/best.h5
damaged "best.h5 is a checkpoint, no dataset: -format pytorch" convert 1 -input plane/best.h5
bytes() { od -An -v -t x1 -w1 | tr -d ' \n'; }
at=$(bytes < plane.weights | awk -v b="$("$tool" floats plane.weights fc2.bias | bytes)" \
  '{ for (i = 1; substr($0, i, 8) != b; i += 2); print (i - 1) / 2 }')
cp plane.weights nan.weights
printf '\000\000\300\177' | dd of=nan.weights bs=1 seek="$at" conv=notrunc 2> /dev/null
damaged "nan.weights: fc2.bias holds infinite numbers or NaN" convert 2 -input nan.weights -like plane/best.h5
unchanged refused 2 "plane.new: exists" ranks 1 convert -input plane.weights -like plane/best.h5 -output plane.new
unchanged refused 2 "options -like and -output name the same file" ranks 1 convert \
  -input plane.weights -like plane/best.h5 -output plane/best.h5 -overwrite
unchanged refused 4 "nowhere/w.h5: cannot create" ranks 1 convert -input plane/best.h5 \
  -format pytorch -output nowhere/w.h5
