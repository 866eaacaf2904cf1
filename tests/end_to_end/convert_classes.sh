# kitinet convert of numpy arrays to classes: an integer y of one axis are labels, a uint8 x stays bytes; what does not
# fit is refused, naming the row.
set -eu
. "$(dirname "$0")/refused.sh"
empty_folder
tool=$(dirname "$PWD")/dataset_tool

# npy FILE TYPE SHAPE OCTAL..: a .npy file of these bytes
npy() {
  file=$1 header="{'descr': '$2', 'fortran_order': False, 'shape': $3, }"; shift 3
  {
    printf '\223NUMPY\001\000\166\000'
    printf '%-117s\n' "$header"
    for byte in "$@"; do
      printf "\\$byte"
    done
  } > "$file"
}
# 4 images of 1 x 2 x 3 bytes: 1, 2, .. 24 but for the last, 255
npy x.npy '|u1' '(4, 2, 3)' 001 002 003 004 005 006 007 010 011 012 013 014 \
  015 016 017 020 021 022 023 024 025 026 027 377
npy y.npy '<i2' '(4,)' 002 000 000 000 001 000 002 000
convert() { n=$1; shift; ranks "$n" convert -input x.npy,y.npy -x x:nxy -points cells "$@"; }

for n in 1 3; do
  convert $n -output $n.h5 -classes cat,dog,horse,mule > output
  grep -q "^4 samples of numpy's .npy, 2 x 3 points, 4 classes: $n.h5" output || fail "$(cat output)"
done
cmp 1.h5 3.h5
[ "$("$tool" floats 1.h5 x | od -An -tu1 | tr -s ' \n' ' ')" = " $(seq -s ' ' 1 23) 255 " ] ||
  fail "other bytes: $("$tool" floats 1.h5 x | od -An -tu1)"
ranks 1 inspect -input 1.h5 -samples_shown 1 > shown
for phrase in "grid        2 x 3 cell centres, values of a byte" "output      one of 4 classes" \
  "classes       0  cat                             1 samples" "horse                           2 samples" \
  "mule                            0 samples" "row 0, class 2" "all 4 checksums are right"; do
  grep -q -F -e "$phrase" shown || fail "no \"$phrase\" in: $(cat shown)"
done
grep -q "^  input   x .* 1  .* 255$" shown || fail "$(cat shown)"
convert 1 -output numbers.h5 -first 1 > output
ranks 1 inspect -input numbers.h5 > shown
grep -q -F "classes       0  0                               1 samples" shown || fail "$(cat shown)"

refused 3 "y has the label 2 in row 0, -classes names 2: 0 to 1" convert 1 -output new.h5 -classes cat,dog
npy y.npy '<i2' '(4,)' 002 000 377 377 001 000 002 000
refused 3 "y has the label -1 in row 1, expected 0 to" convert 2 -output new.h5
npy y.npy '<i2' '(3,)' 002 000 000 000 001 000
refused 3 "y has 3 labels for 4 samples" convert 1 -output new.h5
npy y.npy '<i2' '(4,)' 002 000 000 000 001 000 002 000
refused 2 "format xy holds fields alone" convert 1 -output new.h5 -format xy
refused 3 "no labels, which -classes would name" ranks 1 convert -input x.npy \
  -x x:nxy -y x:nxy -points cells -output new.h5 -classes a,b
[ ! -e new.h5 ] || fail "a file is left"
