# kitinet convert of CIFAR's binary files and of folders of pictures: every byte, label and name; the same file on any
# number of ranks; what does not fit is refused in one line that names the file.
set -eu
. "$(dirname "$0")/refused.sh"
empty_folder
tool=$(dirname "$PWD")/dataset_tool
picture=$(dirname "$PWD")/picture_tool

convert() { n=$1; shift; ranks "$n" convert "$@" > output 2> message || fail "$* ends with $?: $(cat message)"; }
bad() { refused 3 "$@" -output new.h5; }
one() { ranks 1 convert "$@"; }

# CIFAR-10: five batches of 4 records, class after class; the folder is the five, in their order.
mkdir ten
for i in 1 2 3 4 5; do $picture cifar ten/data_batch_$i.bin 1 4 $((4 * i - 4)) 10; done
$picture cifar ten/test_batch.bin 1 7 20 10
printf 'plane\ncar\nbird\ncat\ndeer\ndog\nfrog\nhorse\nship\ntruck\n\n' > ten/batches.meta.txt
for n in 1 3; do
  convert $n -input ten -output ten-$n.h5
  grep -q "^20 samples of CIFAR-10's binary files, 32 x 32 points, 10 classes: ten-$n.h5" output || fail "$(cat output)"
done
cmp ten-1.h5 ten-3.h5
convert 2 \
  -input ten/data_batch_1.bin,ten/data_batch_2.bin,ten/data_batch_3.bin,ten/data_batch_4.bin,ten/data_batch_5.bin \
  -output listed.h5
"$tool" floats ten-1.h5 x > bytes
"$tool" floats listed.h5 x | cmp - bytes
cat ten/data_batch_*.bin > all.bin
for row in 0 7 19; do # each record without its label
  tail -c +$((row * 3073 + 2)) all.bin | head -c 3072 > record
  tail -c +$((row * 3072 + 1)) bytes | head -c 3072 | cmp - record || fail "row $row"
done
ranks 1 inspect -input ten-1.h5 -samples_shown 8 > shown
for phrase in "images: picture -> class" "values of a byte" "0  plane                           2 samples" \
  "9  truck                           2 samples" "row 7, class 7" "input   blue"; do
  grep -q -F -e "$phrase" shown || fail "no \"$phrase\" in: $(cat shown)"
done
convert 1 -input ten/test_batch.bin -output test.h5 -first 2 -samples 3 -classes a,b,c,d,e,f,g,h,i,j
grep -q "^3 samples of CIFAR-10's" output || fail "$(cat output)"
ranks 1 inspect -input test.h5 | grep -q -F "2  c                               1 samples" || fail "names or labels"

# CIFAR-100: two labels, of which one counts.
mkdir hundred
$picture cifar hundred/train.bin 2 120 0 100
$picture cifar hundred/test.bin 2 7 0 100
convert 2 -input hundred -output fine.h5
grep -q "^120 samples of CIFAR-100's binary files, 32 x 32 points, 100 classes" output || fail "$(cat output)"
seq -f 'group%g' 0 19 > hundred/coarse_label_names.txt
convert 1 -input hundred -output coarse.h5 -labels coarse
grep -q "20 classes" output || fail "$(cat output)"
ranks 1 inspect -input coarse.h5 | grep -q -F "19  group19                         6 samples" || fail "coarse labels"
"$tool" floats fine.h5 x > bytes
"$tool" floats coarse.h5 x | cmp - bytes

# What does not fit.
head -c 6000 ten/test_batch.bin > data_batch_1.bin
bad "data_batch_1.bin: has 6000 bytes, no multiple of the 3073 of a record of CIFAR-10: truncated" \
  one -input data_batch_1.bin
bad \
  "hundred/train.bin: \(record 0 has the label 0, expected\|is of CIFAR-100, ten/data_batch_1.bin of CIFAR-10\)" \
  one -input ten/data_batch_1.bin,hundred/train.bin
bad "ten/data_batch_2.bin: record 0 has the label 4, expected 0 to 2" one -input ten/data_batch_2.bin -classes a,b,c
printf '\377' | dd of=ten/data_batch_3.bin bs=1 seek=3073 conv=notrunc 2> /dev/null
bad "ten/data_batch_3.bin: record 1 has the label 255, expected 0 to 9: damaged, or no CIFAR-10" \
  ranks 2 convert -input ten
rm ten/data_batch_3.bin
bad "ten: has 4 of the 5 files data_batch_1.bin" one -input ten
refused 2 "leave out -image_size, which is for folders of pictures" one -input hundred -image_size 16 -output new.h5
refused 2 "leave out -labels, which is for CIFAR-100" one -input listed.h5 -labels fine -output new.h5
refused 2 "CIFAR-10, which has labels of one kind" one -input ten/data_batch_1.bin -labels fine -output new.h5
bad "says itself what it holds: without -stride" one -input hundred -stride 2
: > empty.bin
bad "empty.bin: is empty" one -input empty.bin
gzip -c ten/test_batch.bin > packed.gz
bad "is packed by gzip" one -input packed.gz

# Folders of pictures. The rows go around the classes in proportion: dog has 2 pictures, cat 4.
mkdir -p pets/cat pets/dog pets/.hidden
code=0
$picture png pets/cat/a.png rgb 6 9 0 0 || code=$?
if [ $code = 77 ]; then skip "built without libpng"; fi
$picture png pets/cat/b.PNG interlaced 6 9 0 1
$picture png pets/cat/c.png rgb 6 9 0 2
$picture png pets/cat/d.png rgb 6 9 0 3
$picture png pets/dog/x.png rgb 6 9 1 0
$picture png pets/dog/y.png rgb 6 9 1 1
: > pets/notes.txt
for n in 1 2 4; do
  convert $n -input pets -output pets-$n.h5
  cmp pets-1.h5 pets-$n.h5
done
grep -q "^6 samples of a folder of pictures, 6 x 9 points, 2 classes" output || fail "$(cat output)"
for rest in "0 0" "1 0" "0 1" "0 2" "1 1" "0 3"; do # class and number, in the order of rows
  # shellcheck disable=SC2086
  $picture pixels one.raw 3 6 9 $rest
  cat one.raw >> pets.raw
done
"$tool" floats pets-1.h5 x | cmp - pets.raw
ranks 1 inspect -input pets-1.h5 -samples_shown 2 > shown
grep -q "row 1, class 1" shown && grep -q "0  cat  *4 samples" shown || fail "$(cat shown)"
convert 1 -input pets -output swapped.h5 -classes dog,cat,mouse
ranks 1 inspect -input swapped.h5 > shown
grep -q "0  dog  *2 samples" shown && grep -q "2  mouse  *0 samples" shown || fail "$(cat shown)"
bad "pets: has a folder dog, which -classes does not name" one -input pets -classes cat,mouse

# Grey pictures, palettes, one bit.
mkdir -p grey/a
$picture png grey/a/1.png grey 6 9 2 0
convert 1 -input grey -output grey.h5
$picture pixels grey.raw 1 6 9 2 0
"$tool" floats grey.h5 x | cmp - grey.raw
convert 1 -input grey -image_colour rgb -output tinted.h5
cat grey.raw grey.raw grey.raw > three.raw
"$tool" floats tinted.h5 x | cmp - three.raw
$picture png grey/a/2.png palette 6 9 2 1
bad "grey/a/2.png: is coloured, the first picture is not: give -image_colour rgb or grey" one -input grey
convert 1 -input grey -image_colour rgb -output tinted.h5 -overwrite
$picture pixels palette.raw 1 6 9 2 1
"$tool" floats tinted.h5 x | tail -c 162 | head -c 54 | cmp - palette.raw # the palette's red is the number itself
convert 1 -input grey -image_colour grey -output grey2.h5
"$tool" floats grey2.h5 x | od -An -v -tu1 -w1 | paste - > both
od -An -v -tu1 -w1 palette.raw |
  awk '{ printf "%d\n", (299 * $1 + 587 * (255 - $1) + 114 * int($1 / 2) + 500) / 1000 }' > expected
tail -n 54 both | awk '{ print $1 }' | cmp - expected
mkdir -p bits/a
$picture png bits/a/1.png bits 6 16 2 0
convert 1 -input bits -output bits.h5
"$tool" floats bits.h5 x | od -An -v -tu1 -w1 | awk '$1 != 0 && $1 != 255 { exit 1 }' || fail "one bit is not 0 or 255"

# Other sizes: refused, cropped, or resized with the mean kept.
$picture png pets/dog/z.png rgb 12 20 1 2
bad "pets/dog/z.png: has 12 x 20 pixels, expected 6 x 9" ranks 2 convert -input pets
bad "pets/cat/a.png: has 6 x 9 pixels, expected 6 x 6" one -input pets -image_size 6
bad "pets/cat/a.png: has 6 x 9 pixels, too few for 8 x 8" one -input pets -image_size 8 -image_fit crop
refused 2 "say which, -image_size N" one -input pets -image_fit crop -output new.h5
convert 1 -input pets -image_size 6 -image_fit crop -output crop.h5
$picture pixels whole.raw 3 6 9 0 0
od -An -v -tu1 -w9 whole.raw | awk '{ print $2, $3, $4, $5, $6, $7 }' > expected # (9 - 6) / 2 = 1
"$tool" floats crop.h5 x | head -c 108 | od -An -v -tu1 -w6 | awk '{ $1 = $1; print }' | cmp - expected
mkdir -p wide/a
$picture png wide/a/1.png grey 8 12 3 0
$picture pixels wide.raw 1 8 12 3 0
convert 1 -input wide -image_size 2 -image_fit resize -output half.h5
# 8 x 8 from column 2 on to 2 x 2: point o of 2 has the weights 7 - |2 i - 7|, .. of a triangle of half width 4 about 2
# and 6
od -An -v -tu1 -w12 wide.raw | awk '
  function w(o, i, d) { d = (2 * i + 1) * 2 - (2 * o + 1) * 8; if (d < 0) d = -d; return d < 16 ? 16 - d : 0 }
  { for (i = 0; i < 8; i++) p[NR - 1, i] = $(i + 3) }
  END { for (y = 0; y < 2; y++) for (x = 0; x < 2; x++) { s = t = 0
          for (i = 0; i < 8; i++) for (j = 0; j < 8; j++) { k = w(y, i) * w(x, j); s += k * p[i, j]; t += k }
          printf "%.3f\n", s / t } }' > expected
"$tool" floats half.h5 x | od -An -v -tu1 -w1 | paste - expected |
  awk '{ d = $1 - $2; if (d < -0.51 || d > 0.51) exit 1 }' ||
  fail "resized: $("$tool" floats half.h5 x | od -An -tu1), expected $(cat expected)"
convert 2 -input wide -image_size 16 -image_fit resize -output larger.h5

# What no picture may be.
unfit() { # NAME PHRASE: the one picture of a folder
  rm -rf unfit; mkdir -p unfit/a; mv "$1" unfit/a/"$1"
  bad "unfit/a/$1: $2" ranks "${3:-1}" convert -input unfit
}
$picture png p.png sixteen 6 9 0 0; unfit p.png "is a PNG of 16 bits" 2
$picture png p.png alpha 6 9 0 0; unfit p.png "is a PNG with transparency"
$picture png p.png transparent 6 9 0 0; unfit p.png "is a PNG with transparency"
head -c 200 pets/cat/a.png > p.png; unfit p.png "is a damaged PNG picture (it ends too early)"
$picture png p.png rgb 6 9 0 0; printf 'xxxx' | dd of=p.png bs=1 seek=60 conv=notrunc 2> /dev/null
unfit p.png "is a damaged PNG picture"
echo text > p.png; unfit p.png "is neither a JPEG nor a PNG picture"
: > p.png; unfit p.png "is no picture: no file, empty"
mkdir p.png; unfit p.png "is no picture: no file"
mkdir -p sparse/a sparse/b; cp pets/cat/a.png sparse/a
bad "sparse/b: is a class's folder without pictures" ranks 3 convert -input sparse
cp pets/notes.txt sparse/b
bad "sparse/b: is a class's folder with notes.txt in it" one -input sparse
mkdir nothing
bad "nothing: holds no subfolder of pictures" one -input nothing
bad "is one picture: give the folder" one -input pets/cat/a.png
bad "no-such-folder" one -input no-such-folder
bad "says itself what it holds: without -x" one -input pets -x red

# JPEG: lossy, so near the pixels; the middle of a list is damaged; four inks.
mkdir -p jpeg/a
code=0
$picture jpeg jpeg/a/1.jpg rgb 24 40 1 0 || code=$?
if [ $code = 77 ]; then skip "built without libjpeg"; fi
$picture jpeg jpeg/a/2.jpeg progressive 24 40 1 1
$picture jpeg jpeg/a/3.JPG rgb 24 40 1 2
for n in 1 3; do convert $n -input jpeg -output jpeg-$n.h5; done
cmp jpeg-1.h5 jpeg-3.h5
for i in 0 1 2; do $picture pixels one.raw 3 24 40 1 $i; cat one.raw >> jpeg.raw; done
"$tool" floats jpeg-1.h5 x | od -An -v -tu1 -w1 > found
od -An -v -tu1 -w1 jpeg.raw | paste found - |
  awk '{ d = $1 - $2; if (d < 0) d = -d; s += d; if (d > m) m = d; n++ } END {
    print s / n, m; exit !(n == 8640 && s / n < 1 && m < 8) }' > differ ||
  fail "other pixels: $(cat differ)"
convert 1 -input jpeg -image_colour grey -output jpeg-grey.h5
$picture jpeg p.jpg cmyk 24 40 1 0; unfit p.jpg "is a JPEG of four inks"
head -c 900 jpeg/a/2.jpeg > p.jpg; unfit p.jpg "is a damaged JPEG picture (Premature end" 2
for i in 4 5 6 7 8 9; do cp jpeg/a/1.jpg jpeg/a/$i.jpg; done
printf '\377\321\377\322' | dd of=jpeg/a/5.jpg bs=1 seek=1500 conv=notrunc 2> /dev/null
bad "jpeg/a/5.jpg: is a damaged JPEG picture (" ranks 2 convert -input jpeg
[ ! -e new.h5 ] || fail "a file is left"
