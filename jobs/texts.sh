#!/bin/sh
# Texts to a judged classifier: sh jobs/texts.sh FOLDER
#
# FOLDER is aclImdb (with train/pos, train/neg, test/pos, test/neg), or holds a file of training and one of test texts,
# whose names have train and test in them: .tsv, .csv, .txt or .jsonl, as SNLI's. Installs what is missing, builds (or
# takes KITINET, a program that is there), converts, trains an encoder without and with collisions, evaluates both on
# the test set, and predicts the classes of the test texts.
# What is there already is used again: an interrupted run goes on where it stopped.
#
#   EPOCHS=3 RANKS=2 WIDTH=64 LAYERS=1 BATCH=32 LENGTH=1024   of training; words of a text at most
#   COLUMNS=text=review,label=sentiment                      columns of a table; not given: the usual ones
#   STEM=english                                             words become their stems; not given: they stay whole
#   WORK=build/texts                                         where data, runs and pictures go
set -eu

[ $# -eq 1 ] || { echo "usage: sh jobs/texts.sh FOLDER" >&2; exit 2; }
if [ ! -d "$1" ]; then
  echo "jobs/texts.sh: no folder $1: name aclImdb, or one with a file of training and one of test texts" >&2
  exit 2
fi
folder=$(cd "$1" && pwd)
# found PART: the folder or the one file of this part
found() {
  if [ -d "$folder/$1" ]; then echo "$folder/$1"; return; fi
  for file in "$folder"/*"$1"*.tsv "$folder"/*"$1"*.csv "$folder"/*"$1"*.txt "$folder"/*"$1"*.jsonl; do
    if [ -f "$file" ]; then echo "$file"; return; fi
  done
  echo "jobs/texts.sh: $folder has neither a folder $1 nor a file *$1*.tsv, .csv, .txt or .jsonl" >&2
  exit 2
}
train=$(found train)
test=$(found test)

cd "$(dirname "$0")/.."
epochs="${EPOCHS:-3}" ranks="${RANKS:-2}" width="${WIDTH:-64}" layers="${LAYERS:-1}" batch="${BATCH:-32}"
length="${LENGTH:-1024}" stem="${STEM:-none}" work="${WORK:-build/texts}"
mkdir -p "$work"
. jobs/build.sh

run() { mpiexec -n "$ranks" "$kitinet" "$@"; }

columns=
[ -z "${COLUMNS:-}" ] || columns="-text_columns $COLUMNS"
case $train in *.tsv | *.csv | *.txt | *.jsonl) ;; *) columns= ;; esac

echo "== data"
# shellcheck disable=SC2086 # a list of options
[ -f "$work/train.h5" ] ||
  run convert -input "$train" -output "$work/train.h5" $columns -text_length "$length" -text_markup drop \
    -text_stem "$stem"
# shellcheck disable=SC2086
[ -f "$work/test.h5" ] || run convert -input "$test" -output "$work/test.h5" $columns -like "$work/train.h5"
[ -f "$work/train-lengths.png" ] || "$kitinet" inspect -input "$work/train.h5" -samples_shown 2 -picture

for residual in plain collision; do
  echo "== training, residual $residual: $layers blocks of width $width"
  run train -run "$work/$residual" -dataset "$work/train.h5" -dataset_test "$work/test.h5" \
    -model_type transformer -model_layers "$layers" -model_width "$width" -model_residual $residual \
    -model_convolution 3 -model_shared_words true -train_word_dropout 0.3 \
    -train_epochs "$epochs" -train_batch "$batch" -train_microbatch 16 -train_lr 2e-3
done

echo "== evaluating on the test set"
run evaluate -run "$work/plain,$work/collision" -dataset "$work/test.h5" -output "$work/accuracy.csv" \
  -evaluate_details "$work/details" -evaluate_batch 16
echo "== predicting the classes of $test"
# shellcheck disable=SC2086
run predict -checkpoint "$work/collision/best.h5" -input "$test" -output "$work/predicted.h5" -overwrite $columns \
  -predict_batch 16

cat <<END

All of it is in $work: data, runs (plain, collision), accuracy.csv, details, predicted.csv.
Look at   $work/collision/worst_test.csv, $work/collision/confusion_test.png, $work/train-lengths.png,
          $work/plain/curves.png
Try next  LAYERS=2 WIDTH=128 EPOCHS=4 WORK=build/texts-2 sh jobs/texts.sh $1
          $kitinet predict -checkpoint $work/collision/best.h5 -input FILE.tsv -text_columns text=1 -output mine.h5
END
