# kitinet train: a run that was interrupted in the middle of epochs and resumed equals an uninterrupted one, bit for
# bit.
set -eu
. "$(dirname "$0")/common.sh"
small_data

for residual in plain collision transport; do
  for n in 1 2; do
    options="-dataset_test test.h5 -model_residual $residual -train_epochs 4 -train_normalizer pointwise"
    whole=whole.$residual.$n part=part.$residual.$n
    train $n $whole $options

    # One step, another, to the end: -max_time is an option of the run like any other, kept until another one is given.
    ends 75 train $n $part $options -max_time 1e-9
    ends 75 ranks $n train -run $part > output 2> message
    grep -q "resuming $part after epoch 0, step 1" message || fail "no word of resuming: $(cat message)"
    ends 0 train $n $part $options -max_time 0
    for file in checkpoint.h5 best.h5; do
      cmp $whole/$file $part/$file || fail "$residual on $n ranks: the resumed run has another $file"
    done
    course $whole > expected
    course $part | cmp - expected ||
      fail "$residual on $n ranks: the resumed run has other metrics: $(cat $part/metrics.csv)"
  done
done

# Each optimiser, with warm-up and the average of the parameters.
for optimizer in adamw sgd; do
  options="-dataset_test test.h5 -train_epochs 3 -train_optimizer $optimizer -train_warmup 3 -train_average 0.8"
  train 1 whole.$optimizer $options
  ends 75 train 2 part.$optimizer $options -max_time 1e-9
  ends 0 train 1 part.$optimizer $options -max_time 0
  for file in checkpoint.h5 best.h5; do
    cmp whole.$optimizer/$file part.$optimizer/$file || fail "$optimizer: the resumed run has another $file"
  done
done

# The average is what is tested, what best.h5 holds and what a checkpoint gives to others; without the option there is
# none.
weights() { ranks 1 inspect -input "$1" | grep SHA-256; }
train 1 averaged -dataset_test test.h5 -train_epochs 1 -train_average 0.8
train 1 last -dataset_test test.h5 -train_epochs 1
[ "$(weights averaged/checkpoint.h5)" = "$(weights averaged/best.h5)" ] ||
  fail "checkpoint.h5 and best.h5 of the only epoch hold other averages"
[ "$(weights averaged/checkpoint.h5)" != "$(weights last/checkpoint.h5)" ] || fail "-train_average changes nothing"
mean=$(ranks 1 evaluate -checkpoint averaged/checkpoint.h5 -dataset test.h5 |
  awk '$1 == "averaged" { print $5 / 100; exit }')
close "$(tail -n 1 averaged/metrics.csv | cut -d , -f 3)" "$mean" 1e-3 ||
  fail "evaluate finds $mean, the training's test $(tail -n 1 averaged/metrics.csv)"

# Equal runs leave equal files; a finished run does not go on.
train 1 equal -dataset_test test.h5 -model_residual collision -train_epochs 4 -train_normalizer pointwise
for file in checkpoint.h5 best.h5; do
  cmp whole.collision.1/$file equal/$file || fail "two equal runs leave another $file"
done
ends 0 ranks 1 train -run equal > output 2> message
cmp whole.collision.1/checkpoint.h5 equal/checkpoint.h5 || fail "a finished run goes on"

# Written by 2 ranks, resumed on 3, then on 1.
ends 75 train 2 moved -train_epochs 4 -max_time 1e-9
ends 75 train 3 moved -train_epochs 4
ends 0 train 1 moved -train_epochs 4 -max_time 0
train 1 stayed -train_epochs 4
cmp stayed/checkpoint.h5 moved/checkpoint.h5 || fail "other ranks, another checkpoint"

# More epochs are another run for the one-cycle schedule, but not for a constant rate.
refused 3 "stayed/config.yaml was made with other options: -train_epochs is 4 there, 6 here" \
  ranks 1 train -run stayed -train_epochs 6
train 1 longer -train_epochs 2 -train_schedule constant
ends 0 train 1 longer -train_epochs 4 -train_schedule constant
train 1 straight -train_epochs 4 -train_schedule constant
course straight > expected
course longer | cmp - expected || fail "2 epochs and 2 more are not 4: $(cat longer/metrics.csv)"
