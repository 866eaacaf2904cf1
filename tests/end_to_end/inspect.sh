# kitinet inspect: shows and verifies a good dataset; names the damaged row, and refuses what is no dataset, with exit
# code 3.
set -eu
. "$(dirname "$0")/refused.sh"
empty_folder
inspect() { n=$1; shift; ranks "$n" inspect "$@"; }

ranks 1 generate -darcy_grid 16 -samples 20 -seed 7 -output good.h5 > summary
for n in 1 3; do
  inspect $n -input good.h5 > shown.$n
  for phrase in "dataset of 20 samples" "darcy: -div(a grad u) = f" "16 x 16 cell centres" \
    "seed 7" "darcy_grid: 16" "energy at wavenumber        0.5" "all 20 checksums are right"; do
    grep -q -F -e "$phrase" shown.$n || fail "no \"$phrase\" in: $(cat shown.$n)"
  done
done
cmp shown.1 shown.3 || fail "three ranks find other statistics than one"
# The permeability takes the values 3 and 12 only.
grep -q "^  input   a  *1  *3  .* 12$" shown.1 || fail "a is not within 3 and 12: $(cat shown.1)"
# Pictures, beside the file or where they are wanted.
mkdir pictures
inspect 2 -input good.h5 -picture > shown 2> message
inspect 1 -input good.h5 -picture -output pictures/of > shown 2>> message
for picture in good-samples good-spectrum pictures/of-samples pictures/of-spectrum; do
  [ -s $picture.png ] || [ -s $picture.gp ] || fail "no picture $picture: $(cat shown message)"
done
refused 2 "spectra need every row" inspect 1 -input good.h5 -picture -verify false

# Most of the file is rows (2 x 20 x 1024 bytes), contiguous for x and for y: a byte at each of these places lies in
# one.
cp good.h5 damaged.h5
size=$(wc -c < good.h5)
[ "$size" -lt 49152 ] || fail "a file of $size bytes for 40960 bytes of rows"
for at in 20000 26000; do printf '\377' | dd of=damaged.h5 bs=1 seek=$at conv=notrunc 2> /dev/null; done
refused 3 "damaged.h5: 2 of 20 rows are damaged: [0-9]*, [0-9]*; copy" inspect 3 -input damaged.h5
if grep -q "checksums are right" output; then fail "a damaged file is called right"; fi

head -c $((size - 100)) good.h5 > truncated.h5
: > empty.h5
echo "x,y" > text.h5
mkdir folder
mkfifo pipe
refused 3 "truncated.h5: is truncated or damaged" inspect 2 -input truncated.h5
refused 3 "empty.h5: is empty" inspect 1 -input empty.h5
refused 3 "text.h5: is no dataset" inspect 1 -input text.h5
refused 3 "folder: is a directory" inspect 1 -input folder
refused 3 "pipe: is a pipe" inspect 1 -input pipe
refused 3 "nowhere.h5: cannot be opened: No such file" inspect 1 -input nowhere.h5
refused 2 "add -input FILE" inspect 1

# Texts of a file are shown, never obeyed: control characters as \x and two digits.
"$(dirname "$PWD")/dataset_tool" hostile shown.h5
ranks 1 inspect -input shown.h5 > output 2> message
grep -q 'u =\\x1b\[2J 0' output || fail "$(cat output)"
if LC_ALL=C grep -q "$(printf '\033')" output message; then fail "a control character reaches the terminal"; fi
