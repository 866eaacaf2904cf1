# kitinet inspect of a checkpoint: counters, problem, network and parameters; a damaged one is refused with exit code 3.
set -eu
. "$(dirname "$0")/refused.sh"
empty_folder

ranks 1 generate -darcy_grid 16 -samples 12 -output data.h5 > summary
ranks 1 train -run run -dataset data.h5 -train_epochs 3 -train_batch 4 -model_width 4 \
  -model_modes 4 -model_layers 2 > trained 2> log
ranks 1 inspect -input data.h5 > dataset
fingerprint=$(sed -n 's/.* fingerprint //p' dataset)
for n in 1 2; do
  ranks $n inspect -input run/checkpoint.h5 > shown
  for phrase in "checkpoint of kitinet" "3 epochs, step 9, 36 samples seen" \
    "fingerprint $fingerprint" "darcy: -div(a grad u) = f" "16 x 16 cell centres" \
    "normalised by channel" "model_width: 4"; do
    grep -q -F -e "$phrase" shown || fail "no \"$phrase\" on $n ranks in: $(cat shown)"
  done
done
# The sizes are the products of the shapes, and add up.
awk '/ real numbers$/ { total = $2; listed = 1; next }
     listed { size = shape = $0; sub(/.*\) */, "", size); size += 0; sub(/.*\(/, "", shape); sub(/\).*/, "", shape);
       n = split(shape, axis, ", "); product = 1
              for (i = 1; i <= n; i++) product *= axis[i]
              if (product != size) exit 1
              sum += size }
     END { exit !(listed && sum == total) }' shown || fail "sizes that do not add up: $(cat shown)"
grep -q "lift.weight  *(4, 3) .* stream out, none$" shown || fail "what the axes of a weight count: $(cat shown)"
# The digest is that of the parameters' bytes in the order of the list; other weights have another one.
tool=$(dirname "$PWD")/dataset_tool
digest() { sed -n 's/^  weights *SHA-256 //p' "$1"; }
names=$(awk '/ real numbers$/ { listed = 1; next } listed { print "parameters/" $1 }' shown)
# shellcheck disable=SC2086 # a list of words
"$tool" floats run/checkpoint.h5 $names | sha256sum | cut -d ' ' -f 1 > expected
[ "$(digest shown)" = "$(cat expected)" ] || fail "SHA-256 $(digest shown), expected $(cat expected)"
"$KITINET" train -run other -dataset data.h5 -train_epochs 3 -train_batch 4 \
  -model_width 4 -model_modes 4 -model_layers 2 -seed 2 > trained 2> log
"$KITINET" inspect -input other/checkpoint.h5 > others
[ "$(digest others)" != "$(digest shown)" ] || fail "another seed, the same weights"

head -c 3000 run/checkpoint.h5 > short.h5
refused 3 "short.h5: has .* bytes, its header says" ranks 1 inspect -input short.h5
cp run/checkpoint.h5 flipped.h5
printf '\377' | dd of=flipped.h5 bs=1 seek=5000 conv=notrunc 2> /dev/null
refused 3 "flipped.h5: its checksum does not fit" ranks 2 inspect -input flipped.h5
