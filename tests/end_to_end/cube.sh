# Three axes, of unequal numbers of points: train is the same for any number of ranks and learns; evaluate, predict and
# inspect know them.
set -eu
. "$(dirname "$0")/common.sh"
"$tool" make cube.h5 cells 0 2 1 10 9 12
network="-model_modes 4 -model_width 8 -model_head 16 -model_padding 0.25 -train_batch 3 -train_microbatch 1
  -train_lr 1e-2"
for n in 1 2; do ranks $n train -run run.$n -dataset cube.h5 $network -train_epochs 30 > output 2> message; done
cmp run.1/checkpoint.h5 run.2/checkpoint.h5 || fail "2 ranks leave another checkpoint than one"
awk -v first="$(sed -n 2p run.1/metrics.csv | cut -d , -f 2)" -v last="$(last_loss run.1)" \
  'BEGIN { exit !(last < 0.9 * first) }' || fail "nothing was learned: $(cat run.1/metrics.csv)"
ranks 2 evaluate -run run.1 -dataset cube.h5 -output table.csv > output
[ -s run.1/fields_cube.png ] || fail "no picture in: $(ls run.1)"
ranks 1 predict -checkpoint run.1/checkpoint.h5 -input cube.h5 -output predicted.h5 > output
close "$(sed -n 2p table.csv | cut -d , -f 5)" "$("$tool" difference predicted.h5 cube.h5)" 1e-6 ||
  fail "predictions are $("$tool" difference predicted.h5 cube.h5) away, evaluate says $(cat table.csv)"
ranks 1 inspect -input predicted.h5 | grep -q "checksums are right" || fail "the prediction is damaged"
"$tool" make flat.h5 cells 0 2 1 10 6 12
unchanged refused 3 "a grid axis has 6 points, fewer than twice the 4 modes" \
  ranks 1 train -run new -dataset flat.h5 -model_modes 4
