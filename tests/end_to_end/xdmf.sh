# kitinet inspect -xdmf: valid XML; every array that it names is in the dataset with these dimensions, every hyperslab
# lies in it and is the field it is called; points lie where the dataset says.
set -eu
. "$(dirname "$0")/common.sh"
inspect() { ranks 1 inspect "$@" > output; }

# shape FILE ARRAY: "3 1 10 9 12"
shape() { h5dump -H -d "/$2" "$1" | sed -n 's/.*SIMPLE { ( \([0-9, ]*\) ) .*/\1/p' | tr -d ,; }

# slabs XDMF: a line for each field: its name, dimensions of the field, start, stride and count, dimensions of the
# array, FILE:/ARRAY; separated by |
slabs() {
  field='<Attribute Name="\([^"]*\)".*<DataItem ItemType="HyperSlab" Dimensions="\([^"]*\)">'
  start='<DataItem Dimensions="3 [0-9]*"[^>]*>\([^<]*\)</DataItem>'
  array='<DataItem Dimensions="\([^"]*\)"[^>]*>\([^<]*\)<.*'
  {
    tr '\n' ' ' < "$1"
    echo
  } | sed 's/<Attribute /\n&/g' | sed -n "s|^$field $start $array|\\1\\|\\2\\|\\3\\|\\4\\|\\5|p"
}

# check NAME FIELDS CENTER: the fields in their order, for each frame of each row
check() {
  xmllint --noout "$1.xdmf" || fail "$1.xdmf is not valid XML"
  slabs "$1.xdmf" > slabs
  [ "$(cut -d '|' -f 1 slabs | tr '\n' ' ')" = "$2 " ] || fail "$1: fields $(cut -d '|' -f 1 slabs | tr '\n' ' ')"
  [ "$(grep -c "Center=\"$3\"" "$1.xdmf")" -eq "$(wc -l < slabs)" ] || fail "$1: not every value belongs to a $3"
  while IFS='|' read -r field size slab dims place; do
    [ "${place%:*}" = "$1.h5" ] && [ "$(shape "$1.h5" "${place#*:/}")" = "$dims" ] ||
      fail "$1, $field: $place has shape $(shape "$1.h5" "${place#*:/}"), not $dims"
    echo "$slab|$dims|$size" | awk -F '|' '{
      n = split($2, dims, " "); axes = split($3, size, " "); if (size[1] == 1) { axes-- } split($1, s, " ")
      for (k = 1; k <= n; k++) if (s[n + k] != 1 || s[k] + s[2 * n + k] > dims[k] ||
        s[2 * n + k] != (k > n - axes ? dims[k] : 1)) exit 1
      for (k = 1; k <= axes; k++) if (dims[n - axes + k] != size[k + (size[1] == 1)]) exit 1 }' ||
        fail "$1, $field: slab $slab of $dims is no field of $size"
  done < slabs
}

# starts: where the slabs begin, rows, frames and fields only
starts() {
  awk -F '|' \
    -v axes="$1" '{ split($3, s, " "); for (k = 1; k <= axes; k++) printf "%s%s", s[k], k < axes ? "," : " " }' slabs
}

# points FILE: their coordinates in the order of the file, two digits
points() { od -An -v -t f4 -w4 "$1" | awk '{ printf "%.2f ", $1 }'; }

# Steady, cells, three axes: rows are the time; corners of the cells, one more than cells.
"$tool" make cube.h5 cells 0 2 1 3 4 5
inspect -input cube.h5 -xdmf -xdmf_samples 2
grep -q "cube.xdmf" output || fail "$(cat output)"
check cube "a x2 u a x2 u" Cell
[ "$(starts 2)" = "0,0 0,1 0,0 1,0 1,1 1,0 " ] || fail "cube: slabs begin at $(starts 2)"
grep -q 'TopologyType="3DSMesh" Dimensions="4 5 6"' cube.xdmf || fail "$(cat cube.xdmf)"
[ "$(points cube.xyz | cut -d ' ' -f 1-12)" = "0.00 0.00 0.00 0.00 0.00 0.20 0.00 0.00 0.40 0.00 0.00 0.60" ] ||
  fail "cube: points $(points cube.xyz)"
[ "$(points cube.xyz | awk '{ print NF, $(NF - 17), $(NF - 16), $(NF - 15), $NF }')" = "360 1.00 1.00 0.00 1.00" ] ||
  fail "cube: points $(points cube.xyz)"

# Trajectories, nodes, two axes: a collection over time for each row.
"$tool" make plane.h5 nodes 2 0 2 3 2
inspect -input plane.h5 -xdmf
check plane "u y2 u y2 u y2 u y2 u y2 u y2" Node
[ "$(starts 3)" = "0,0,0 0,0,1 0,1,0 0,1,1 1,0,0 1,0,1 1,1,0 1,1,1 2,0,0 2,0,1 2,1,0 2,1,1 " ] ||
  fail "plane: slabs begin at $(starts 3)"
[ "$(grep -c 'CollectionType="Temporal"' plane.xdmf)" -eq 3 ] || fail "plane: not three trajectories"
[ "$(points plane.xyz)" = "0.00 0.00 0.00 1.00 0.50 0.00 0.50 1.00 1.00 0.00 1.00 1.00 " ] ||
  fail "plane: points $(points plane.xyz)"
h5dump -y -d /t -m %.12g plane.h5 | sed -n 's|^ *\([0-9.][0-9.]*\),*$|\1|p' > times
[ "$(wc -l < times)" -eq 2 ] || fail "no two times in plane.h5: $(cat times)"
sed -n 's/.*Time Value="\([^"]*\)".*/\1/p' plane.xdmf | head -n 2 | cmp - times ||
  fail "plane: times $(grep Time plane.xdmf)"

# Periodic ones and one axis; another folder; names that are markup.
"$tool" make line.h5 periodic 2 0 1 8
inspect -input line.h5 -xdmf -verify false
check line "u u u u u u" Node
[ ! -e line.xyz ] || fail "one axis needs no file of points"
mkdir other 'a&b<c>'
cp cube.h5 'a&b<c>/cube.h5'
inspect -input 'a&b<c>/cube.h5' -xdmf -output other/view
grep -q -F ">$PWD/a&amp;b&lt;c&gt;/cube.h5:/x<" other/view.xdmf || fail "$(cat other/view.xdmf)"
xmllint --noout other/view.xdmf || fail "other/view.xdmf is not valid XML"
cp line.h5 a:b.h5
unchanged refused 2 "XDMF cannot express a colon" ranks 1 inspect -input a:b.h5 -xdmf
ends 4 ranks 1 inspect -input line.h5 -xdmf -output nowhere/view > output 2> message
