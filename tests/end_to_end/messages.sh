# The mistakes of a new user in tests/README.md, each run as the table has it: exit code, one line, what to do next. No
# file changes.
set -eu
. "$(dirname "$0")/common.sh"
small_data
ranks 1 generate -pde navier_stokes -navier_stokes_grid 16 -navier_stokes_final_time 3 -navier_stokes_frames 4 \
  -samples 6 -output ns.h5 > output 2> message || fail "$(cat message)"
train 1 run -train_epochs 1 || fail "$(cat message)"
# numpy's arrays of 6 samples: x on 4 x 8, y on 4 x 8 points
npy() {
  header="{'descr': '<f4', 'fortran_order': False, 'shape': (6, 4, 8), }"
  printf '\223NUMPY\001\000\166\000%-117s\n' "$header"
  head -c 768 /dev/zero
}
npy > x.npy
npy > y.npy
echo "train_epoch: 2" > wrong.yaml
printf 'train_epochs: 2\n  model_width: 8\n' > nested.yaml
cp "$KITINET_SOURCE/configs/li2020-darcy-fno.yaml" preset.yaml
head -c 1000 /dev/zero | tr '\0' 'P' > best.pt

sed -n '/^| mistake | command/,/^$/p' "$KITINET_SOURCE/tests/README.md" | sed '1,2d; /^$/d' > rows
[ "$(wc -l < rows)" -ge 30 ] || fail "only $(wc -l < rows) mistakes in tests/README.md"
kitinet() { limited "$KITINET" "$@"; }
while IFS='|' read -r _ mistake command expected phrase _; do
  command=$(echo "$command" | sed 's/^ `//; s/` $//') phrase=$(echo "$phrase" | sed 's/^ `//; s/` $//')
  echo "$command" > step
  unchanged true
  cp after.sums start.sums
  code=0
  (. ./step) < /dev/null > output 2> message || code=$?
  [ "$code" -eq "$expected" ] || fail "$mistake: exit code $code, expected $expected: $(cat output message)"
  [ "$(wc -l < message)" -eq 1 ] && grep -q -F -e "$phrase" message ||
    fail "$mistake: no \"$phrase\" in: $(cat message)"
  unchanged true
  diff start.sums after.sums > output || fail "$mistake: files have changed: $(cat output)"
done < rows
