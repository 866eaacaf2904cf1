#!/bin/sh
# Pictures to a judged classifier: sh jobs/images.sh FOLDER
#
# FOLDER is CIFAR-10's or CIFAR-100's with the binary files, or holds the folders train and test, each with a subfolder
# of JPEG or PNG files for each class. Installs what is missing, builds (or takes KITINET, a program that is there),
# converts, draws a contact sheet, trains a residual network of convolutions without and with collisions, evaluates
# both on the test set, and predicts the classes of the test pictures.
# What is there already is used again: an interrupted run goes on where it stopped.
#
#   EPOCHS=20 RANKS=2 DEPTH=8 BATCH=128   of training; DEPTH 6n + 2, 20 is the published network
#   WORK=build/images                      where data, runs and pictures go
#   SIZE=64                                pictures become SIZE x SIZE; not given: they have one size already
set -eu

[ $# -eq 1 ] || { echo "usage: sh jobs/images.sh FOLDER" >&2; exit 2; }
if [ ! -d "$1" ]; then
  echo "jobs/images.sh: no folder $1: name that of CIFAR's files, or one with the folders train and test" >&2
  exit 2
fi
folder=$(cd "$1" && pwd)
if [ -f "$folder/data_batch_1.bin" ]; then train=$folder test=$folder/test_batch.bin
elif [ -f "$folder/train.bin" ]; then train=$folder/train.bin test=$folder/test.bin
else train=$folder/train test=$folder/test; fi
for part in "$train" "$test"; do
  [ -e "$part" ] && continue
  echo "jobs/images.sh: $folder has neither CIFAR's files nor the folders train and test: there is no $part" >&2
  exit 2
done

cd "$(dirname "$0")/.."
epochs="${EPOCHS:-20}" ranks="${RANKS:-2}" depth="${DEPTH:-8}" batch="${BATCH:-128}" work="${WORK:-build/images}"
mkdir -p "$work"
. jobs/build.sh

run() { mpiexec -n "$ranks" "$kitinet" "$@"; }

# convert FROM FILE: unless it is there
size=
[ -z "${SIZE:-}" ] || size="-image_size $SIZE -image_fit resize"
convert() {
  fit=$size
  case $1 in *.bin) fit= ;; "$folder") fit= ;; esac
  # shellcheck disable=SC2086 # a list of options
  [ -f "$2" ] || run convert -input "$1" -output "$2" $fit
}

echo "== data"
convert "$train" "$work/train.h5"
convert "$test" "$work/test.h5"
[ -f "$work/train-samples.png" ] || "$kitinet" inspect -input "$work/train.h5" -picture

for residual in plain collision; do
  echo "== training, residual $residual: depth $depth, flips, moves by up to 4 points"
  run train -run "$work/$residual" -dataset "$work/train.h5" -dataset_test "$work/test.h5" \
    -model_type resnet -model_depth "$depth" -model_residual $residual -train_epochs "$epochs" \
    -train_batch "$batch" -train_microbatch 16 -train_optimizer sgd -train_lr 0.1 -train_weight_decay 5e-4 \
    -train_shift 4 -task_smoothing 0.1
done

echo "== evaluating on the test set"
run evaluate -run "$work/plain,$work/collision" -dataset "$work/test.h5" -output "$work/accuracy.csv" \
  -evaluate_details "$work/details"
echo "== predicting the classes of $test"
case $test in *.bin) size= ;; esac
# shellcheck disable=SC2086 # a list of options
run predict -checkpoint "$work/collision/best.h5" -input "$test" -output "$work/predicted.h5" -overwrite $size

cat <<END

All of it is in $work: data, runs (plain, collision), accuracy.csv, details, predicted.csv.
Look at   $work/train-samples.png, $work/collision/worst_test.png, $work/collision/confusion_test.png,
          $work/plain/curves.png
Try next  DEPTH=20 EPOCHS=60 WORK=build/images-20 sh jobs/images.sh $1
          $kitinet predict -checkpoint $work/collision/best.h5 -input FOLDER -image_fit resize -output mine.h5
END
