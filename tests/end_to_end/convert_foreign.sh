# kitinet convert: files as other programs write them. What can be read is, to the last bit; what would be read wrong,
# in part or by a guess is refused, naming the cause.
set -eu
. "$(dirname "$0")/common.sh"
foreign=$(dirname "$PWD")/foreign_tool
convert() { rm -f new.h5; ranks 1 convert -output new.h5 "$@"; }
# damaged PHRASE OPTION ..: refused, and no file is left
damaged() { phrase=$1; shift; rm -f new.h5; unchanged refused 3 "$phrase" ranks 1 convert -output new.h5 "$@"; }
xy="-x x:nxy -y y:nxy -points cells"
# values FILE NAME: as stored; same FILE: what convert made holds the y of whole.h5
values() { $tool floats "$1" "$2" | od -An -tx4 -v; }
same() {
  file=$1; shift
  convert -input "$file" "$@" > summary 2> message || fail "$file: $(cat message)"
  [ "$(values new.h5 y)" = "$(values whole.h5 y)" ] || fail "other values from $file"
}
$foreign whole.xy array x f4 3,6,4 1,2,3 array y f4 3,6,4 ramp
ranks 1 convert -input whole.xy $xy -output whole.h5 > summary

# More arrays, longer names, links, user blocks, small floats: none of them hides anything.
many=$(i=10; while [ $i -lt 90 ]; do echo "array a$i f4 2 0"; i=$((i + 1)); done)
# shellcheck disable=SC2086 # words
$foreign many.xy $many array x f4 3,6,4 0 array y f4 3,6,4 ramp
same many.xy $xy
long=a_name_that_is_longer_than_what_fits_into_the_sixty_three_bytes_of_a_field
$foreign long.xy array x f4 3,6,4 0 array $long f4 3,6,4 ramp
same long.xy -x x:nxy -y "u=$long:nxy" -points cells
damaged "the name of field a_name.* has 74 bytes, at most 63 can be kept" \
  -input long.xy -x x:nxy -y "$long:nxy" -points cells
$foreign soft.xy array g/z f4 3,6,4 ramp soft y /g/z array x f4 3,6,4 0
same soft.xy $xy
$foreign other.xy external y soft.xy /y array x f4 3,6,4 0
damaged "y cannot be read: it is a link to another file" -input other.xy $xy
$foreign around.xy external e soft.xy / soft y /e/y array x f4 3,6,4 0
damaged "y cannot be read: it is a link that leads to nothing in this file" -input around.xy $xy
$foreign block.xy block 2048 array x f4 3,6,4 0 array y f4 3,6,4 ramp
same block.xy $xy
$foreign half.xy array x f4 3,6,4 0 array y f2 3,6,4 ramp
same half.xy $xy

# The Well: names of any width; too many are not none.
well() {
  file=$1 width=$2 names=$3; shift 3
  $foreign "$file" texts / grid_type 0 cartesian texts / dataset_name 0 test number / n_trajectories \
    2 array dimensions/x f4 4 0,.25,.5,.75 array dimensions/time f4 3 0,1,2 texts dimensions spatial_dims 0 x \
    array t0_fields/p f4 2,3,4 ramp array t0_fields/q f4 2,3,4 ramp texts t0_fields field_names "$width" "$names" \
    yes t0_fields/p sample_varying 0 yes t0_fields/p time_varying 0 yes t0_fields/p \
    dim_varying 1 yes t0_fields/q sample_varying 0 yes t0_fields/q time_varying 0 yes t0_fields/q dim_varying 1 "$@"
}
well two.hdf5 100 p,q
convert -input two.hdf5 > summary
ranks 1 inspect -input new.h5 > shown
for name in p q; do grep -q "^  output  $name " shown || fail "no field $name: $(cat shown)"; done
well many.hdf5 0 f1,f2,f3,f4,f5,f6,f7,f8,f9,f10,f11,f12,f13,f14,f15,f16,f17
damaged 'attribute "field_names" holds 17 texts, at most 16 can be read' -input many.hdf5
well long.hdf5 0 $long
damaged 'attribute "field_names" holds a text of 74 bytes, at most 63 can be read' -input long.hdf5
well twice.hdf5 0 p,p
damaged "two output fields would be called p" -input twice.hdf5
well gone.hdf5 0 p,q external t1_fields two.hdf5 /t0_fields
damaged "/t1_fields cannot be opened: it is damaged, or a link to another file" -input gone.hdf5

# What was never written, or is no number
$foreign packed.xy array x f4 3,6,4 0 packed y f4 3,6,4 all ramp
same packed.xy $xy
$foreign gaps.xy array x f4 3,6,4 0 packed y f4 3,6,4 0,2 ramp
damaged "y cannot be read: it lacks chunks that were never written" -input gaps.xy $xy
$foreign short.xy array x f4 3,6,4 0 packed y f4 3,6,4 all ramp short y 1
damaged "y: the chunk at entry 1 of its first axis does not unpack to its 96 bytes" -input short.xy $xy
$foreign lzf.xy array x f4 3,6,4 0 lzf y 3 7
convert -input lzf.xy $xy > summary
[ "$(values new.h5 y | tr -s ' \n' '\n' | sort | uniq -c | tr -s ' \n' ' ')" = " 1 18 07070707 " ] ||
  fail "lzf: $(values new.h5 y)"
$foreign points.xy array x f4 3,6,9 ramp packed y f4 3,6,9 all ramp
convert -input points.xy $xy -stride 3 > summary
[ "$(values new.h5 x)" = "$(values new.h5 y)" ] || fail "every third point of a packed array: $(values new.h5 y)"
class() { echo "texts $1 MATLAB_class $2 $3"; }
# shellcheck disable=SC2046
$foreign v73.mat array e u8 2 0,3 $(class e 6 double) number e MATLAB_empty 1 array s u2 4,6,3 65 \
  $(class s 4 char) array y f4 4,6,3 ramp $(class y 6 single)
damaged "e cannot be read: it is empty" -input v73.mat -x e -y y -points cells
damaged "s cannot be read: it holds no numbers, but MATLAB's texts" -input v73.mat -x s -y y -points cells
convert -input v73.mat -x y -y y -points cells > summary

# float64 beyond float32
$foreign wide.xy array x f4 3,6,4 0 array y f8 3,6,4 ramp
same wide.xy $xy
$foreign large.xy array x f4 3,2,2 0 array y f8 3,2,2 0,1,2,3,4,5,1e300,7,8,9,10,11
damaged "large.xy: row 1 of y holds 1e+300, and float32 holds 3.4e+38 at most: scale it, as with -scale y=1e-300" \
  -input large.xy $xy
convert -input large.xy $xy -scale y=1e-298 > summary
values new.h5 y | grep -q 42c80000 || fail "1e300 times 1e-298 is not 100: $(values new.h5 y)"
ranks 1 inspect -input new.h5 > shown
grep -q "scale: 'y=1e-298'" shown || fail "the factor is not kept: $(cat shown)"
$foreign small.xy array x f4 3,2,2 0 array y f8 3,2,2 0,3e-46
convert -input small.xy $xy > summary 2> message
grep -q "^kitinet: warning: small.xy: no value of y that was read exceeds 3e-46, .* as with -scale y=1e46$" message ||
  fail "all of a variable is lost: $(cat message)"
convert -input small.xy $xy -scale y=1e46 > summary 2> message
[ ! -s message ] || fail "after scaling: $(cat message)"
damaged "\-scale z=1 names none of the variables that are read" -input small.xy $xy -scale z=1

# Ambiguity and contradiction
mkdir in out
header() { printf '\223NUMPY\001\000\166\000%-117s\n' "{'descr': '$1', 'fortran_order': False, 'shape': $2, }"; }
{ header '<f4' '(2, 2)'; printf '\000\000\200\077\000\000\000\100\000\000\100\100\000\000\200\100'; } > in/data.npy
{ header '<f2' '(2, 2)'; printf '\000\300\000\070\001\000\377\173'; } > out/data.npy # -2, 1/2, 2^-24, 65504
damaged "there is no data, which -x names" -input in/data.npy,out/data.npy -x data -y data -points cells
convert -input in/data.npy,out/data.npy -x a=in/data -y b=out/data -points cells > summary
[ "$(values new.h5 x | tr -s ' \n' ' ')" = " 3f800000 40000000 40400000 40800000 " ] || fail "x: $(values new.h5 x)"
[ "$(values new.h5 y | tr -s ' \n' ' ')" = " c0000000 3f000000 33800000 477fe000 " ] ||
  fail "y, of float16: $(values new.h5 y)"
damaged "data cannot be read: it shares its name with another variable" -input in/data.npy,in/data.npy \
  -x in/data -y in/data -points cells
damaged "two input fields would be called a: name them apart" -input whole.xy -x a=x:nxy,a=y:nxy -y y:nxy -points cells
damaged "steady problem, without frames: leave out -t" -input whole.xy $xy -t y
damaged "steady problem, without frames: leave out -initial" -input whole.xy $xy -initial y
damaged "is a KITINet dataset, which says itself what its frames are: without -dt" -input whole.h5 -dt 1
unchanged refused 2 "\-t and -dt both say when the frames are" ranks 1 convert -input nowhere -output new.h5 -t t -dt 1
unchanged refused 2 "./y.npy: is named twice in -output" ranks 1 convert -input whole.h5 \
  -format npy -output y.npy,./y.npy
$foreign names.xy array k-1 f4 3,6,4 0 array k_1 f4 3,6,4 0
convert -input names.xy -x k-1:nxy,k_1:nxy -y y=k_1:nxy -points cells > summary
mv new.h5 names.h5
unchanged refused 2 "two fields would be called k_1 in this format" ranks 1 convert \
  -input names.h5 -format mat -output new.mat

# Coordinates and times must fit what they belong to.
tensor() {
  file=$1
  shift
  $foreign "$file" array tensor f4 2,3,8 ramp array t-coordinate f8 4 "$1" array x-coordinate f8 "${3:-8}" "$2"
}
even=0,.125,.25,.375,.5,.625,.75,.875
tensor even.h5 0,1,2,3 $even
convert -input even.h5 > summary
wrong() { damaged "$2" -input "$1" -points cells; }
$foreign plane.h5 array tensor f4 1,3,5,8 ramp array x-coordinate f8 8 $even array t-coordinate f8 3 0,1,2
wrong plane.h5 "there is no y-coordinate for the axis of 8 points of tensor"
tensor short.h5 0,1,2,3 $even 9
wrong short.h5 "x-coordinate has 9 entries, expected 8"
tensor chebyshev.h5 0,1,2,3 0,.05,.19,.39,.61,.81,.95,1
wrong chebyshev.h5 "x-coordinate is not evenly spaced: entry 1 is 0.05, expected 0.142857"
tensor nan.h5 0,1,2,3 0,.125,nan,.375,.5,.625,.75,.875
wrong nan.h5 "x-coordinate: entry 2 is not a finite number"
tensor constant.h5 0,1,2,3 1
wrong constant.h5 "x-coordinate does not ascend"
tensor falling.h5 0,1,2,3 .875,.75,.625,.5,.375,.25,.125,0
wrong falling.h5 "x-coordinate does not ascend"
tensor equal.h5 0 $even
wrong equal.h5 "the times do not ascend: frame 0 is at 0, frame 1 at 0; say when they are with -dt TIME"
flow() { $foreign "$1" array velocity f4 3,2,4,4,2 ramp array particles f4 3,2,4,4,1 ramp array t f8 3,2 "$2"; }
flow flow.h5 0,1
convert -input flow.h5 -points periodic > summary
flow other.h5 0,1,0,2,0,1
damaged "t differs between samples" -input other.h5 -points periodic

# PDEBench with a group a sample
group() {
  grid="array $1/grid/x f4 3 0,.3333333,.6666667 array $1/grid/y f4 4 0,.25,.5,.75"
  echo "array $1/data f4 2,3,4,2 $2 $grid array $1/grid/t f4 2 $3"
}
# shellcheck disable=SC2046
$foreign groups.h5 number / nu 0.5 $(group 0000 ramp 0,1) $(group 0001 7 0,1) $(group 0003 9 0,1)
convert -input groups.h5 > summary
ranks 1 inspect -input new.h5 > shown
for phrase in "3 samples" "output  u1" "output  u2" "periodic" "nu = 0.5"; do
  grep -q "$phrase" shown || fail "no $phrase: $(cat shown)"
done
# Of the first sample, frames (t, x, y, c) of 0, 1, 2, ..: the first field of frame 1 begins with 24, the second with
# 25.
[ "$(values new.h5 u | tr -s ' \n' ' ' | cut -d ' ' -f 26)" = 41c00000 ] ||
  fail "frame 1 of field 1: $(values new.h5 u | head -n 8)"
[ "$(values new.h5 u | tr -s ' \n' ' ' | cut -d ' ' -f 38)" = 41c80000 ] ||
  fail "frame 1 of field 2: $(values new.h5 u | head -n 8)"
[ "$(values new.h5 u | tr -s ' \n' ' ' | cut -d ' ' -f 50)" = 40e00000 ] || fail "sample 1: $(values new.h5 u)"
# shellcheck disable=SC2046
$foreign groups2.h5 $(group 0000 ramp 0,1) $(group 0001 7 0,2) $(group 0002 9 0,1)
damaged "0001/grid/t differs from that of group 0000" -input groups2.h5

# A writer that was killed leaves a sound file with its mark.
$foreign marked.xy array x f4 3,6,4 0 array y f4 3,6,4 ramp marked
damaged 'marked.xy: is marked as open for writing: .* "h5clear -s marked.xy"' -input marked.xy $xy
if has h5clear; then
  h5clear -s marked.xy
  same marked.xy $xy
fi
complete

# Two programs that write one file at the same time: each writes a file of its own, and a whole one has the name at the
# end.
for format in xy npy mat pdebench; do
  case $format in npy) out=both-x.npy,both-y.npy first=both-x.npy ;; *) out=both.$format first=both.$format ;; esac
  ranks 1 convert -input whole.h5 -format $format -output "$(echo $out | sed 's/both/alone/g')" > output
  for i in 1 2 3 4; do ranks 1 convert -input whole.h5 -format $format -overwrite \
    -output $out > output.$i 2> message.$i & done
  wait
  for i in 1 2 3 4; do grep -q "both" output.$i || fail "$format: $(cat message.$i)"; done
  cmp "$(echo $first | sed 's/both/alone/')" $first || fail "$format: the file differs from one that was written alone"
  [ -z "$(find . -name '*.tmp')" ] || fail "$format: leftovers $(find . -name '*.tmp')"
done
