# kitinet convert: what a file does not say is asked for, what is no file of a known format or damaged is named; nothing
# is left behind.
set -eu
. "$(dirname "$0")/common.sh"
convert() { n=$1; shift; ranks "$n" convert -output new.h5 "$@"; }
damaged() { unchanged refused 3 "$@"; }

$tool make one.h5 cells 0 1 1 6 4
$tool make two.h5 nodes 0 2 2 6 4
$tool make flow.h5 periodic 4 0 2 6 5
to() { "$KITINET" convert -input "$1" -format "$2" -output "$3" > summary; }
to one.h5 mat one.mat
to flow.h5 mat flow.mat
to one.h5 xy one.xy
to one.h5 pdebench one.pdebench
to flow.h5 the_well flow.hdf5
to one.h5 npy x.npy,y.npy
to flow.h5 npy u.npy,t.npy

# Questions
damaged \
  "one.mat: this is MATLAB v7.3 with variables a (3, 6, 4) float32, u (3, 6, 4) float32: name .* as in -x a -y u" \
  convert 1 -input one.mat
damaged "say where the points of an axis lie, with -points" convert 1 -input one.mat -x a -y u
damaged "there is no b, which -x names" convert 2 -input one.mat -x b -y u -points cells
damaged "say which axis of x is which, as in -x x:ncxy" convert 1 -input x.npy,y.npy
damaged "x has 4 axes, -x names 3" convert 1 -input x.npy,y.npy -x x:nxy -y y:nxy -points cells
damaged "the axes of -x x:nxxy do not make sense" convert 1 -input x.npy,y.npy -x x:nxxy -y y:nxxy -points cells
damaged "x has 3 entries along its axis n, the others 1" convert 1 -input x.npy,y.npy -x x:ncxy -y y:cnxy -points cells
damaged "say when the 4 frames are, with -t VARIABLE or -dt TIME" convert 1 -input u.npy -u u:ntcxy -points periodic
damaged "give one or the other" convert 1 -input u.npy -u u -x u -points periodic
damaged "is PDEBench, which says itself" convert 1 -input one.pdebench -x nu -y tensor
damaged "one.xy has 3 samples, not 3 from number 1 on" convert 2 -input one.xy -first 1 -samples 3
damaged "takes\|stride 4 does not divide the 6 points" convert 1 -input one.h5 -stride 4
damaged "take an odd stride" convert 1 -input one.h5 -stride 2
unchanged refused 2 "format xy holds inputs and outputs of steady problems" \
  ranks 2 convert -input flow.h5 -format xy -output new.xy
unchanged refused 2 "The Well holds trajectories" ranks 1 convert -input one.h5 -format the_well -output new.hdf5
unchanged refused 2 "PDEBench has Darcy flow only" ranks 1 convert -input two.h5 -format pdebench -output new.hdf5
unchanged refused 2 "format npy writes two files: give -output x.npy,y.npy" \
  ranks 1 convert -input one.h5 -format npy -output new.npy
unchanged refused 2 "one.xy: exists" ranks 2 convert -input one.h5 -format xy -output one.xy
unchanged refused 2 "its statistics ./stats.yaml exist" ranks 1 convert -input flow.h5 -format the_well -output new.hdf5
unchanged refused 2 "nowhere/new.xy\|create the directory first" ranks 1 convert \
  -input one.h5 -format xy -output nowhere/new.xy
unchanged refused 2 "convert needs -input" ranks 1 convert -output new.h5

# Foreign files where ours are wanted
for file in one.mat one.xy one.pdebench flow.hdf5 x.npy; do
  unchanged refused 3 "$file: is .*, no dataset of this program: make one of it with \"kitinet convert -input $file" \
    ranks 1 train -dataset $file -run run $network
done

# Damage. Cut off anywhere, and, in the heads, any byte turned: refused, or read as what it then says, but never a
# crash.
mkfifo pipe
: > empty
echo "x,y" > text
printf 'PK\003\004aaaaaaaaaaaaaaaaaaaaaaaaaaaa' > arrays.npz
damaged "text: is in no format that is known" convert 1 -input text
damaged "empty: is empty" convert 1 -input empty
damaged "pipe: is a pipe" convert 2 -input pipe
damaged "nowhere: cannot be opened" convert 2 -input nowhere
damaged "arrays.npz: is a zip archive" convert 1 -input arrays.npz
for file in one.mat one.xy one.pdebench flow.hdf5; do
  head -c $(($(wc -c < $file) - 100)) $file > cut
  damaged "cut: is truncated or damaged" convert 1 -input cut
done
head -c 200 x.npy > cut.npy
damaged "cut.npy: declares 288 bytes, the file has 72" convert 1 -input cut.npy,y.npy \
  -x cut:ncxy -y y:ncxy -points cells
shape() {
  printf '\223NUMPY\001\000\166\000%-117s\n' "{'descr': '$1', 'fortran_order': False, 'shape': $2, }"
  head -c 64 /dev/zero
}
shape '<f4' '(4294967296, 4294967296, 4)' > huge.npy
damaged "huge.npy: declares more than 2^64 bytes" convert 1 -input huge.npy
shape '<f4' '(0, 4, 4)' > none.npy
damaged "none.npy: is empty" convert 1 -input none.npy
shape '<f4' '(nan, 4)' > nan.npy
damaged "nan.npy: has a shape that makes no sense" convert 1 -input nan.npy
shape '<c8' '(2, 4)' > complex.npy
damaged "complex.npy: holds no real numbers" convert 1 -input complex.npy
shape '|O' '(2, 4)' > object.npy
damaged "object.npy: is not an array of plain numbers" convert 1 -input object.npy
if "$KITINET" convert -input one.h5 -format mat5 -output one.mat5 > summary 2> message; then
  head -c 300 one.mat5 > cut
  damaged "cut: is truncated or damaged" convert 1 -input cut -x a -y u -points cells
  for at in 128 132 140 152 156 160 184; do
    cp one.mat5 turned
    damage turned $at
    ranks 1 convert -input turned -x a -y u -points cells -overwrite -output turned.h5 > output 2> message &&
      code=0 || code=$?
    [ $code -eq 0 ] || [ $code -eq 3 ] ||
      fail "exit code $code of a MATLAB v5 file with byte $at turned: $(cat message)"
  done
  rm -f turned.h5
  sed -i 's/MATLAB 5.0/MATLAB 4.0/' one.mat5
  damaged "is in no format that is known" convert 1 -input one.mat5 -x a -y u
else
  grep -q "built without matio" message || fail "$(cat message)"
fi
cp one.h5 wrong.h5
damage wrong.h5 $(($(wc -c < one.h5) / 2))
damaged "wrong.h5: row [0-9]* .* is damaged" ranks 2 convert -input wrong.h5 -format xy -output new.xy
if ls | grep -q -e '^new' -e partial; then fail "a refused run left a file: $(ls)"; fi
