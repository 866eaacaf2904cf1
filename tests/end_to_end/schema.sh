# The schema of a checkpoint: it says its number and the program's version, options as they were resolved; a newer one
# is refused, older ones are read (golden.sh).
set -eu
. "$(dirname "$0")/common.sh"
ranks 1 generate -darcy_grid 16 -samples 4 -output train.h5 > summary
train 1 run -train_epochs 1
grep -q "^collision_dimension: 0" run/config.yaml || fail "the run's options are not as they were given"
ranks 1 inspect -input run/checkpoint.h5 > shown
grep -q "^    collision_dimension: 4" shown || fail "no resolved dimension: $(cat shown)"
ranks 1 predict -checkpoint run/checkpoint.h5 -input train.h5 -output predicted.h5 -collision_evaluate off > output
"$tool" schema run/checkpoint.h5 newer.h5 3
refused 3 "newer.h5: is a checkpoint of schema 3, written by kitinet .*; this program (.*) reads schemas 1 to 2" \
  ranks 2 inspect -input newer.h5
unchanged refused 3 "newer.h5: is a checkpoint of schema 3" ranks 1 predict \
  -checkpoint newer.h5 -input train.h5 -output new.h5
mkdir newer
cp run/config.yaml newer
cp newer.h5 newer/checkpoint.h5
refused 3 "checkpoint of schema 3" ranks 1 train -run newer
