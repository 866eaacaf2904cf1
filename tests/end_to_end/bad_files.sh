# kitinet train and its files: damaged data and checkpoints are refused or replaced by the previous one; where nothing
# can be written, what was there stays.
set -eu
. "$(dirname "$0")/common.sh"
if mountpoint -q small 2> /dev/null; then umount small; fi
small_data
again() { ranks "$1" train -run run -dataset train.h5 -max_time 0; }

# A damaged row: before training, and found by a run that goes on after the damage.
cp train.h5 whole.h5
ends 75 train 1 run -train_epochs 3 -max_time 1e-9 -checkpoint_every 1
damage train.h5 $(($(wc -c < train.h5) / 2))
refused 3 "train.h5: .*row [0-9]* .*checksum\|train.h5: row [0-9]*" again 2
refused 3 "train.h5: .*row [0-9]*" ranks 1 train -run new -dataset train.h5 $network
[ ! -e new/checkpoint.h5 ] || fail "trained on damaged data"
cp whole.h5 train.h5
ends 0 again 1 > output 2> message

# Another dataset; other options, all of them named; options of the run are missing
refused 3 "run/checkpoint.h5 was trained on another dataset (fingerprint" ranks 2 train -run run -dataset test.h5
refused 3 "run/config.yaml was made with other options: .*-model_width is 8 there, 9 here.*; leave them out" \
  ranks 1 train -run run -model_width 9 -model_modes 3
grep -q "model_modes is 4 there, 3 here" message || fail "not all differences are named: $(cat message)"
mv run/config.yaml kept.yaml
refused 3 "run/config.yaml: cannot be read" again 1
sed s/model_width:.*/model_width:\ 12/ kept.yaml > run/config.yaml
refused 3 "parameters/lift.* is (8, 3), the network wants (12, 3)\|parameters/.* the network wants" again 1
mv kept.yaml run/config.yaml

# A damaged checkpoint: the previous one is taken, the run ends as before; then both are damaged, then one is missing.
cp run/checkpoint.h5 good.h5
damage run/checkpoint.h5 $(($(wc -c < good.h5) / 2))
ends 0 again 1 > output 2> message
grep -q "run/checkpoint.h5: its checksum .* damaged; going on from the previous one, run/checkpoint.h5.previous" \
  message || fail "no word of the previous one: $(cat message)"
cmp run/checkpoint.h5 good.h5 || fail "the run ends elsewhere from the previous checkpoint"
rm run/checkpoint.h5
head -c 700 good.h5 > run/checkpoint.h5.previous
refused 3 "run/checkpoint.h5: No such file.*run/checkpoint.h5.previous: .*truncated" again 2
cp run/checkpoint.h5.previous run/checkpoint.h5
unchanged refused 3 "restore one of them" again 1
cp good.h5 run/checkpoint.h5
ends 0 again 1 > output 2> message

# Places where no directory can be, for root too
refused 4 "run directory train.h5: Not a directory; choose another with -run" \
  ranks 1 train -run train.h5 -dataset train.h5 $network
refused 4 "run directory train.h5/run: Not a directory" ranks 1 train -run train.h5/run -dataset train.h5 $network
cmp whole.h5 train.h5 || fail "a refused run changed the dataset"

mkdir small
mount -t tmpfs -o size=1m tmpfs small 2> /dev/null ||
  skip "a read-only folder, a full disk: mounting a small file system needs root"
trap 'umount small' EXIT
small() { ranks 2 train -run small/run -dataset train.h5 $network -train_epochs 3 -checkpoint_every 1 "$@"; }
ends 75 small -max_time 1e-9 > output 2> message
cp small/run/checkpoint.h5 kept.h5
cat /dev/zero > small/filler 2> /dev/null || true
refused 4 "small/run/.*No space left on device" small -max_time 0
cmp small/run/checkpoint.h5 kept.h5 || fail "a full disk damaged the checkpoint"
if ls small/run | grep -q tmp; then fail "a temporary file is left: $(ls small/run)"; fi
mount -o remount,ro small
refused 4 "small/run.*Read-only file system" small -max_time 0
refused 4 "run directory small/other: Read-only file system" ranks 1 train -run small/other -dataset train.h5 $network
mount -o remount,rw small
rm small/filler
ends 0 small -max_time 0 > output 2> message
train 2 plenty -train_epochs 3
cmp small/run/checkpoint.h5 plenty/checkpoint.h5 || fail "the run ends elsewhere after a full disk"
