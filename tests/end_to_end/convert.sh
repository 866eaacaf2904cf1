# kitinet convert: from our format into each other and back every bit is as it was, on any number of ranks; axes lie
# where they should.
set -eu
. "$(dirname "$0")/refused.sh"
empty_folder
tool=$(dirname "$PWD")/dataset_tool
convert() { n=$1; shift; ranks "$n" convert "$@" > summary; }
matlab=mat
if "$KITINET" convert -help | grep -q mat5 && ! ldd "$KITINET" | grep -q libmatio; then
  echo "MATLAB v5: not tested, built without matio"
else
  matlab="mat mat5"
fi

# bits DATASET NAME: its samples as bytes, NAME-x.npy and NAME-y.npy or NAME-u.npy and NAME-t.npy
bits() {
  if "$KITINET" inspect -input "$1" -verify false | grep -q frames; then
    convert 1 -input "$1" -format npy -output "$2-u.npy,$2-t.npy"
  else
    convert 1 -input "$1" -format npy -output "$2-x.npy,$2-y.npy"
  fi
}
# there NAME FORMAT FILE: NAME.h5 -> FILE; back NAME RANKS ...: what convert -input ... makes has the bits of NAME.h5
there() { convert 1 -input "$1.h5" -format "$2" -output "$3"; }
back() {
  name=$1 n=$2; shift 2
  convert "$n" "$@" -overwrite -output back.h5
  "$KITINET" inspect -input back.h5 > shown || fail "what convert $* made is damaged"
  rm -f back-*.npy
  bits back.h5 back
  for file in "$name"-?.npy; do cmp "$file" "back${file#"$name"}" || fail "other bits in $file from: $*"; done
}

# Two fields on a rectangle, one field, one axis; frames of two fields, of one on one axis.
$tool make two.h5 cells 0 2 2 5 7
$tool make one.h5 cells 0 1 1 6 4
$tool make line.h5 nodes 0 1 1 9
$tool make flow.h5 periodic 4 0 2 6 5
$tool make wave.h5 periodic 3 0 1 8
for name in two one line flow wave; do bits $name.h5 $name; done

for format in $matlab; do
  for name in two one line flow wave; do there $name $format $name.$format; done
  back two 2 -input two.$format -x a,x2 -y u,y2 -points cells
  back one 1 -input one.$format -x a -y u:nxy -points cells
  back line 1 -input line.$format -x a -y u -points nodes
  back flow 3 -input flow.$format -u u,y2 -points periodic
  back wave 1 -input wave.$format -u w=u:nxt -points periodic
  grep -q "^  output  w " shown || fail "the field is not called w: $(cat shown)"
done
for name in two one line; do there $name xy $name.xy; back $name 2 -input $name.xy; done
for name in flow wave; do there $name pdebench $name.pdebench; back $name 2 -input $name.pdebench; done
there one pdebench one.pdebench
back one 1 -input one.pdebench
mkdir -p well/data/train well/data/valid
for split in train valid; do there flow the_well well/data/$split/flow.hdf5; done
back flow 2 -input well/data/train/flow.hdf5
[ -f well/stats.yaml ] || fail "no statistics of the training data"
[ "$(find well -type f | wc -l)" -eq 3 ] || fail "files more or less: $(find well -type f)"
grep -q "^  u: [-0-9.e]*$" well/stats.yaml || fail "no statistics of u: $(cat well/stats.yaml)"
there wave the_well wave.hdf5
back wave 1 -input wave.hdf5
back two 2 -input two-x.npy,two-y.npy -x a=two-x:ncxy -y u=two-y:ncxy -points cells
back line 1 -input line-x.npy,line-y.npy -x line-x:ncx -y line-y:n1x -points nodes
back flow 2 -input flow-u.npy,flow-t.npy -u flow-u:ntcxy -t flow-t -points periodic

# Any to any, without ours between; parts, with the numbers of their samples.
convert 1 -input two.mat -x a,x2 -y u,y2 -points cells -format xy -output mat.xy
back two 1 -input mat.xy
convert 2 -input two.xy -first 1 -samples 2 -output part.h5
"$KITINET" inspect -input part.h5 > shown
for phrase in "dataset of 2 samples" "converted_from: HDF5" "input: 'two.xy'" "first: 1"; do
  grep -q -F -e "$phrase" shown || fail "no \"$phrase\" in: $(cat shown)"
done

# Every n-th point keeps the kind of its grid: 9 nodes -> 5 -> 3 are the ends and the middle.
convert 1 -input line.h5 -stride 4 -output thin.h5
convert 1 -input line.xy -stride 2 -output half.h5
convert 1 -input half.h5 -stride 2 -output quarter.h5
for name in thin quarter; do convert 1 -input $name.h5 -format npy -output $name-x.npy,$name-y.npy; done
cmp thin-x.npy quarter-x.npy || fail "stride 4 is not stride 2 twice"
for i in 0 1 2; do
  [ "$(od -An -tx4 -j $((128 + 4 * i)) -N 4 thin-x.npy)" = "$(od -An -tx4 -j $((128 + 16 * i)) -N 4 line-x.npy)" ] ||
    fail "point $i of the coarse grid"
done

# Order of axes: u8[n, i, j] = 12 n + 4 i + j, saved by rows and by columns, must come out with j fastest; float 23 is
# 41b80000.
header() { printf '\223NUMPY\001\000\166\000%-117s\n' "{'descr': '|u1', 'fortran_order': $1, 'shape': (2, 3, 4), }"; }
bytes() { for b in "$@"; do printf "\\$(printf %o "$b")"; done; }
{ header False; bytes 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23; } > rows.npy
{
  header True
  for j in 0 1 2 3; do
    for i in 0 1 2; do
      bytes $((4 * i + j)) $((12 + 4 * i + j))
    done
  done
} > columns.npy
convert 1 -input rows.npy,columns.npy -x rows:nxy -y columns:nxy -points cells -output order.h5
convert 1 -input order.h5 -format npy -output order-x.npy,order-y.npy
for file in order-x.npy order-y.npy; do
  [ "$(od -An -tf4 -j 128 -v $file | xargs)" = "0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23" ] ||
    fail "axes of $file: $(od -An -tf4 -j 128 -v $file)"
done
for format in $matlab; do
  there order $format order.$format # n fastest, then i: offset n + 2 i + 6 j
  [ "$(od -An -tf4 -v order.$format | xargs |
    grep -c "0 12 4 16 8 20 1 13 5 17 9 21 2 14 6 18 10 22 3 15 7 19 11 23")" -eq 1 ] || fail "axes of order.$format"
done
if ls | grep partial; then fail "a temporary file is left"; fi
