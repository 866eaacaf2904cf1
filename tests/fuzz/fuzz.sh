# Good files made by the program, damaged; the reader is the name of the folder: dataset, checkpoint, ...
# KN_FUZZ_SEED, KN_FUZZ_FIRST, KN_FUZZ_COUNT: which files (1, 0, enough for some seconds).
set -eu
. "$(dirname "$0")/../end_to_end/refused.sh"
empty_folder
target=$(basename "$PWD")
folder=$(dirname "$PWD")
tool=$folder/../end_to_end/dataset_tool
picture=$folder/../end_to_end/picture_tool
# No file of some kilobytes justifies an allocation of 256 MB: it fails, and our readers may not ask for it.
export ASAN_OPTIONS=detect_leaks=0:allocator_may_return_null=1:max_allocation_size_mb=256:handle_abort=1
count=300
known= # files of seed 2 on which the program once hung
convert() { ranks 1 convert "$@" > summary; }

$tool make two.h5 cells 0 2 2 5 7
$tool make one.h5 cells 0 1 1 6 4
$tool make flow.h5 periodic 4 0 2 6 5
case $target in
dataset) seeds="two.h5 one.h5 flow.h5" known="709 976" ;;
spaces) # datasets of format 2
  target=dataset
  for name in images texts points videos; do cp "$KITINET_SOURCE/tests/golden/$name.h5" .; done
  seeds="images.h5 texts.h5 points.h5 videos.h5"
  ;;
checkpoint)
  ranks 1 train -dataset two.h5 -run run -train_samples 2 -train_epochs 1 \
    -train_batch 2 -model_modes 2 -model_width 4 -model_layers 1 -model_head 4 > summary
  seeds="run/checkpoint.h5 run/best.h5" count=100
  ;;
options)
  printf 'count: 7\nseed: 12\nrate: 0.25\nfast: true\nlaw: uniform\nname: "a run"\nfiles: a,b,c\n' > plain.yaml
  printf '# a comment\ncount: 3\nfiles: [a, b, c]\nname: "text # \\u00e9"\nlaw: &l uniform\nrate: 1e-3\nfast:\n' \
    > rich.yaml
  seeds="plain.yaml rich.yaml" count=100
  ;;
npy)
  convert -input two.h5 -format npy -output two-x.npy,two-y.npy
  convert -input flow.h5 -format npy -output flow-u.npy,flow-t.npy
  seeds="two-x.npy two-y.npy flow-u.npy"
  ;;
mat5 | mat)
  if [ "$target" = mat5 ] && ! ldd "$KITINET" | grep -q libmatio; then skip "built without matio"; fi
  convert -input one.h5 -format "$target" -output one.mat
  convert -input flow.h5 -format "$target" -output flow.mat
  seeds="one.mat flow.mat"
  ;;
pdebench)
  convert -input one.h5 -format pdebench -output one.hdf5
  convert -input flow.h5 -format pdebench -output flow.hdf5
  seeds="one.hdf5 flow.hdf5"
  ;;
the_well)
  convert -input flow.h5 -format the_well -output flow.hdf5
  seeds=flow.hdf5
  ;;
xy)
  convert -input one.h5 -format xy -output one.xy
  convert -input two.h5 -format xy -output two.xy
  seeds="one.xy two.xy"
  ;;
cifar)
  target=train.bin # of CIFAR-100
  $picture cifar one.bin 2 3 0 100
  $picture cifar two.bin 2 40 90 100
  seeds="one.bin two.bin"
  ;;
jpeg)
  ldd "$KITINET" | grep -q libjpeg || skip "built without libjpeg"
  for kind in grey rgb progressive; do $picture jpeg $kind.jpg $kind 19 23 1 0; done
  seeds="grey.jpg rgb.jpg progressive.jpg"
  ;;
png)
  ldd "$KITINET" | grep -q libpng || skip "built without libpng"
  for kind in grey rgb palette interlaced bits; do $picture png $kind.png $kind 19 23 1 0; done
  seeds="grey.png rgb.png palette.png interlaced.png bits.png"
  ;;
csv | jsonl)
  printf 'text,pair,label\n"two\nlines, ""quoted""",b <br />&amp;,x\nGr\303\274\303\237e \347\214\253,c,y\n' > one.csv
  printf '\357\273\277sentence1,sentence2,gold_label\r\n1 < 2,"",-\r\n\r\na,b,c\r\n' > two.csv
  printf '{"gold_label": "x", "sentence1": "a \\u00fc <i>b</i>", "sentence2": "c"}\n' > one.jsonl
  printf '{"gold_label": "-", "sentence1": "", "sentence2": ""}\n' >> one.jsonl
  printf '{"text": "Gr\303\274\303\237e", "label": 1, "more": [1, {"a": null}]}\n' > two.jsonl
  printf '{"text": "b", "label": 0, "more": 1e9}\n' >> two.jsonl
  seeds="one.$target two.$target" target=texts.$target
  one() { ranks 1 convert -input "$1" -output good.h5 -overwrite > summary 2>&1; }
  one "${seeds% *}" || { grep -q "built without" summary && skip "$(cat summary)"; fail "$(cat summary)"; }
  ;;
esac
# survives COMMAND ..: the program reads the file, or refuses it in one line.
survives() {
  code=0
  ranks 1 "$@" > output 2> message || code=$?
  case $code in 0 | 3) ;; 2) grep -q "^kitinet: " \
    message || fail "exit code 2 of: $*" ;; *) fail "exit code $code of: $*; $(cat message)" ;; esac
}
# shellcheck disable=SC2086 # a list of files
"$folder/fuzz" "$target" "${KN_FUZZ_SEED:-1}" "${KN_FUZZ_FIRST:-0}" "${KN_FUZZ_COUNT:-$count}" $seeds
# What ends a library ends the process that opens the file first, and not the program.
for file in damaged.*; do
  [ -f "$file" ] || continue
  case $target in
  dataset | checkpoint) survives inspect -input "$file" ;;
  texts.*)
    mv "$file" "$file.${target#*.}"
    survives convert -input "$file.${target#*.}" -overwrite -output new.h5
    ;;
  jpeg | png)
    mkdir -p damaged/a && cp "$file" damaged/a/1.$target
    survives convert -input damaged -overwrite -output new.h5
    ;;
  *)
    survives convert -input "$file" -overwrite -output new.h5
    survives convert -input "$file" -overwrite -output new.h5 -x a -y u -points cells
    survives convert -input "$file" -overwrite -output new.h5 -u u -dt 1 -points periodic
    ;;
  esac
done
for number in $known; do
  # shellcheck disable=SC2086
  "$folder/fuzz" "$target" 2 "$number" 1 $seeds > summary || fail "file $number of seed 2: $(cat summary)"
  grep -q " 0 ended in a library" summary || fail "file $number of seed 2: $(cat summary)"
done
