# Pictures from files to a judged classifier: contact sheet, augmented training on any number of ranks, evaluation,
# predictions for pictures that no dataset holds.
set -eu
. "$(dirname "$0")/common.sh"
picture=$(dirname "$PWD")/picture_tool
network="-model_modes 4 -model_width 8 -model_head 16 -train_batch 6 -train_microbatch 3"
mkdir ten
for i in 1 2 3 4 5; do $picture cifar ten/data_batch_$i.bin 1 12 $((12 * i - 12)) 3; done
$picture cifar ten/test_batch.bin 1 24 60 3
printf 'cat\ndog\nmule\n' > ten/batches.meta.txt
ranks 2 convert -input ten -output train.h5 > output
ranks 1 convert -input ten/test_batch.bin -output test.h5 > output
digest() { ranks 1 inspect -input "$1/checkpoint.h5" | sed -n 's/^  weights *SHA-256 //p'; }

# A contact sheet.
ranks 1 inspect -input train.h5 -picture > output
grep -q 'pictures    train-samples.png, train-spectrum.png' output || fail "$(cat output)"
if has gnuplot; then
  [ "$(od -An -tx1 -N 4 train-samples.png | tr -d ' ')" = 89504e47 ] || fail "train-samples.png is no picture"
fi

# Moves and squares: the same weights on any number of ranks and after a restart, others than without.
augmented="-train_shift 4 -train_cutout 8 -train_schedule constant"
train 1 one $augmented -dataset_test test.h5 -train_epochs 4
train 3 three $augmented -dataset_test test.h5 -train_epochs 4
train 2 parts $augmented -dataset_test test.h5 -train_epochs 2
train 1 parts $augmented -dataset_test test.h5 -train_epochs 4
train 1 none -train_schedule constant -dataset_test test.h5 -train_epochs 4
[ "$(digest one)" = "$(digest three)" ] || fail "other weights on three ranks"
[ "$(digest one)" = "$(digest parts)" ] || fail "other weights after a restart"
[ "$(digest one)" != "$(digest none)" ] || fail "augmentation changes nothing"
awk -F , 'END { exit !($7 > 0.8) }' one/metrics.csv || fail "it does not learn: $(cat one/metrics.csv)"
grep -q 'train_shift: 4' one/config.yaml || fail "$(cat one/config.yaml)"
unchanged refused 2 'option -train_shift is 32, the pictures have 32 x 32 points: give less than 32' \
  ranks 1 train -run bad -dataset train.h5 $network -train_shift 32
ranks 1 generate -darcy_grid 16 -samples 6 -output fields.h5 > output
unchanged refused 2 'option -train_cutout is for pictures with classes' \
  ranks 2 train -run bad -dataset fields.h5 $network -train_cutout 4

# Pictures are flipped, unless that is not wanted.
train 1 flipped -train_epochs 1
grep -q 'each in one of 2 symmetric images' output || fail "$(cat output)"
train 1 unflipped -train_symmetry off -train_epochs 1
! grep -q symmetric output || fail "$(cat output)"

# Names of classes in another order.
ranks 1 convert -input ten/test_batch.bin -classes dog,cat,mule -output other.h5 > output
unchanged refused 3 'other.h5 has number 0 of the output classes is dog, not cat' \
  ranks 1 evaluate -run one -dataset other.h5 -picture false
complete
