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
[ "$(weights one)" = "$(weights three)" ] || fail "other weights on three ranks"
[ "$(weights one)" = "$(weights parts)" ] || fail "other weights after a restart"
[ "$(weights one)" != "$(weights none)" ] || fail "augmentation changes nothing"
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

# Pictures that no dataset holds: a folder, one file, CIFAR's; what predict says of the dataset that is made of them.
code=0
mkdir -p photos/mule
$picture png photos/mule/a.png rgb 32 32 2 40 || code=$?
if [ $code = 0 ]; then
  $picture png photos/b.png rgb 32 32 1 41
  $picture png photos/c.png rgb 48 40 0 42
  for n in 1 2; do
    ranks $n predict -checkpoint one/best.h5 -input photos -image_fit crop -predict_batch 2 -output photos$n.h5 > output
  done
  cmp photos1.h5 photos2.h5 && cmp photos1.csv photos2.csv || fail "other probabilities on two ranks"
  [ "$(cut -d , -f 1,2 photos1.csv | tr '\n' ' ')" = 'row,file 0,b.png 1,c.png 2,mule/a.png ' ] ||
    fail "$(cat photos1.csv)"
  awk -F , 'NR > 1 && ($5 + $6 + $7 < 0.9999 || $5 + $6 + $7 > 1.0001) { exit 1 }' photos1.csv ||
    fail "$(cat photos1.csv)"
  ranks 1 predict -checkpoint one/best.h5 -input photos/b.png -output single.h5 > output
  # alone and among others
  [ "$(sed -n 2p single.csv | cut -d , -f 3-)" = "$(sed -n 2p photos1.csv | cut -d , -f 3-)" ] ||
    fail "$(cat single.csv photos1.csv)"
  unchanged refused 3 'photos/c.png: has 48 x 40 pixels, expected 32 x 32' \
    ranks 2 predict -checkpoint one/best.h5 -input photos -output bad.h5
else
  missing="$missing libpng"
fi
ranks 1 predict -checkpoint one/best.h5 -input ten/test_batch.bin -predict_batch 5 -output cifar.h5 > output
ranks 2 predict -checkpoint one/best.h5 -input test.h5 -predict_batch 5 -output same.h5 > output
cmp cifar.h5 same.h5 && cmp cifar.csv same.csv || fail "other probabilities than of the dataset"
unchanged refused 2 'test.h5 is no folder of pictures: leave out -image_size' \
  ranks 1 predict -checkpoint one/best.h5 -input test.h5 -image_size 16 -output bad.h5

# Averages over a picture and its mirror image.
ranks 2 evaluate -run one -dataset test.h5 -symmetry_average 0 -picture false > output
grep -q 'Predictions are means over 2 symmetries' output || fail "$(cat output)"
ranks 1 predict -checkpoint one/best.h5 -input ten/test_batch.bin -predict_batch 5 -symmetry_average 0 -output both.h5 \
  > output
! cmp -s both.csv cifar.csv || fail "the average is one prediction"

# Pictures of what evaluate finds.
ranks 1 evaluate -run one -dataset test.h5 > output
if has gnuplot; then
  for name in confusion worst calibration; do [ -s one/${name}_test.png ] || fail "no ${name}_test.png: $(ls one)"; done
  grep -q 'Pictures: worst_\*.png, calibration_\*.png confusion_\*.png' output || fail "$(cat output)"
fi

# Names of classes in another order.
ranks 1 convert -input ten/test_batch.bin -classes dog,cat,mule -output other.h5 > output
unchanged refused 3 'other.h5 has number 0 of the output classes is dog, not cat' \
  ranks 1 evaluate -run one -dataset other.h5 -picture false
complete
