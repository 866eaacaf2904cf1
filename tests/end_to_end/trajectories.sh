# Trajectories: kitinet train on windows of them is the same for any number of ranks and goes on bit for bit; it learns;
# evaluate and predict roll out to the last frame. What does not fit is refused.
set -eu
. "$(dirname "$0")/common.sh"
# data N FILE ...: on N x N points
data() {
  n=$1 file=$2
  shift 2
  ranks 1 generate -pde navier_stokes -navier_stokes_grid $n -navier_stokes_resolution $n \
    -navier_stokes_viscosity 1e-2 -navier_stokes_final_time 7 -output $file "$@" > /dev/null
}
data 16 train.h5 -samples 12 -navier_stokes_frames 8
data 16 test.h5 -samples 4 -first 12 -navier_stokes_frames 8
data 32 fine.h5 -samples 3 -first 16 -navier_stokes_frames 8

network="-model_modes 4 -model_width 8 -model_head 16 -train_batch 7 -train_microbatch 2"
# 5 windows of 2 + 2 frames in each of 12 trajectories, 60 samples: batches of 7, the last of 4. Collisions are drawn
# anew in each step.
short="-train_history 2 -train_rollout 2 -train_epochs 2 -dataset_test test.h5"
for n in 1 2 3; do train $n run.$n $short; done
for n in 2 3; do
  for file in checkpoint.h5 best.h5; do
    cmp run.1/$file run.$n/$file || fail "$n ranks leave another $file than one"
  done
done
ends 75 train 1 part $short -max_time 1e-9
ends 75 train 2 part $short
ends 0 train 3 part $short -max_time 0
for file in checkpoint.h5 best.h5; do cmp run.1/$file part/$file || fail "the resumed run has another $file"; done
course run.1 > expected
course part | cmp - expected || fail "the resumed run has other metrics: $(cat part/metrics.csv)"

# The whole trajectory from one frame, on one axis: the error falls far below 1, that of 0 everywhere, on points twice
# as fine too.
line() {
  n=$1 file=$2
  shift 2
  ranks 1 generate -pde burgers -burgers_grid 256 -burgers_resolution $n -burgers_viscosity 0.05 \
    -burgers_frames 5 -output $file "$@" > /dev/null
}
line 32 train_line.h5 -samples 48
line 32 test_line.h5 -samples 8 -first 48
line 64 fine_line.h5 -samples 3 -first 60
ranks 2 train -run whole -dataset train_line.h5 -dataset_test test_line.h5 $network \
  -train_history 1 -train_rollout 0 -train_epochs 20 > output 2> message
ranks 1 evaluate -run whole -dataset test_line.h5,fine_line.h5 -output table.csv > output
error() { sed -n 2p table.csv | cut -d , -f "$1"; }
for column in 5 8; do
  awk -v e="$(error $column)" 'BEGIN { exit !(e < 0.2) }' || fail "nothing was learned: $(cat table.csv)"
done
close "$(tail -n 1 whole/metrics.csv | cut -d , -f 3)" "$(error 5)" 1e-6 ||
  fail "train and evaluate disagree: $(cat table.csv whole/metrics.csv)"
[ -s whole/curves.png ] || fail "no picture in: $(ls whole)"

# Predictions: the given frame bit for bit, then as far from the truth as evaluate says.
for n in 1 3; do
  ranks $n predict -checkpoint whole/checkpoint.h5 -input test_line.h5 -output test.$n.h5 -predict_batch 2 > output
  difference=$("$tool" difference test.$n.h5 test_line.h5 1)
  close "$(error 5)" "$difference" 1e-6 || fail "on $n ranks predictions are $difference away, evaluate says $(error 5)"
done
[ "$("$tool" difference test.1.h5 test.3.h5)" = 0 ] || fail "3 ranks predict something else than one"
ranks 1 evaluate -run run.1 -dataset test.h5,fine.h5 > output
for picture in fields_test fields_fine; do [ -s run.1/$picture.png ] || fail "no picture $picture in: $(ls run.1)"; done
ranks 1 inspect -input test.1.h5 | grep -q "checksums are right" || fail "the prediction is damaged"
ranks 1 inspect -input run.1/checkpoint.h5 | grep -q "train_history: 2" ||
  fail "the checkpoint does not know its history"

# A network trained further with longer rollouts and on other points: the checkpoint's options, weights and normalisers
# (with no learning rate to speak of its errors stay), its file no more once it has begun.
onward() {
  n=$1 run=$2
  shift 2
  ranks $n train -run $run -train_initial begun.h5 -dataset fine_line.h5 -dataset_test test_line.h5 \
    -train_rollout 3 -train_batch 2 -train_microbatch 1 "$@" > output 2> message
}
cp whole/checkpoint.h5 begun.h5
onward 1 same -train_epochs 1 -train_lr 1e-10
close "$(error 5)" "$(tail -n 1 same/metrics.csv | cut -d , -f 3)" 1e-4 ||
  fail "the network does not begin with the checkpoint's weights: $(cat table.csv same/metrics.csv)"
grep -q "^model_width: 8$" same/config.yaml ||
  fail "the run does not know the checkpoint's options: $(cat same/config.yaml)"
ranks 1 train -run points -dataset train_line.h5 $network -train_history 1 -train_epochs 5 \
  -train_normalizer pointwise > output 2> message
ranks 1 evaluate -run points -dataset test_line.h5 -output table.csv > output
ranks 2 train -run points.fine -train_initial points/checkpoint.h5 -dataset fine_line.h5 -dataset_test test_line.h5 \
  -train_epochs 1 -train_lr 1e-10 -train_batch 2 -train_microbatch 1 > output 2> message
close "$(error 5)" "$(tail -n 1 points.fine/metrics.csv | cut -d , -f 3)" 2e-3 ||
  fail "statistics of points change on other points: $(cat table.csv points.fine/metrics.csv)"
ranks 1 evaluate -run points.fine -dataset fine_line.h5 > output
onward 1 onward -train_epochs 2
ends 75 onward 1 onward.part -train_epochs 2 -max_time 1e-9
mv begun.h5 gone.h5
ranks 2 train -run onward.part -max_time 0 > output 2> message
cmp onward/checkpoint.h5 onward.part/checkpoint.h5 ||
  fail "the resumed run that goes on with another network has another checkpoint"
ranks 1 inspect -input onward.part/checkpoint.h5 | grep -q "trained further from begun.h5" ||
  fail "the checkpoint does not know where it comes from"
unchanged refused 3 "begun.h5" ranks 1 train -run new -dataset train_line.h5 -train_initial begun.h5
unchanged refused 3 "gone.h5 was made with other options: -model_width is 8 there, 12 here" \
  ranks 1 train -run new -dataset train_line.h5 -train_initial gone.h5 -model_width 12
unchanged refused 3 "train.h5 has its frames 1. apart in time, the network was trained on 0.25" \
  ranks 1 train -run new -dataset train.h5 -train_initial gone.h5

new() { ranks 1 train -run new -dataset train.h5 -model_modes 4 "$@"; }
unchanged refused 2 "option -train_history is 8, the dataset has 8 frames: it must have at least one more" \
  new -train_history 8
unchanged refused 2 \
  "option -train_rollout is 7, the dataset has 8 frames, of which -train_history takes 2: give at most 6, or 0" \
  new -train_history 2 -train_rollout 7
unchanged refused 3 "config.yaml was made with other options: -train_rollout is 2 there, 3 here" \
  ranks 1 train -run run.1 -train_rollout 3
"$tool" make steady.h5 periodic 0 1 1 16 16
"$tool" make two.h5 periodic 2 0 1 16 16
"$tool" make line.h5 periodic 8 0 1 16
data 16 slow.h5 -samples 1 -navier_stokes_frames 4
evaluate() { ranks 1 evaluate -picture false -run run.1 -dataset "$@"; }
unchanged refused 2 "option -train_history is 2, the dataset is steady" \
  ranks 1 train -run new -dataset steady.h5 -train_history 2
unchanged refused 2 "option -train_rollout is 2, the dataset is steady" \
  ranks 1 train -run new -dataset steady.h5 -model_modes 4 -train_rollout 2
unchanged refused 3 "steady.h5 is steady, the network was trained on trajectories" evaluate steady.h5
unchanged refused 3 "two.h5 has 2 frames: the network takes 2 and predicts those that follow" evaluate two.h5
unchanged refused 3 "line.h5 has 1 axes" evaluate line.h5
unchanged refused 3 "slow.h5 has its frames 2.33333 apart in time, the network was trained on 1" evaluate slow.h5
unchanged refused 3 "two.h5 has 2 frames" ranks 1 train -run new -dataset train.h5 \
  -dataset_test two.h5 -train_history 2 -model_modes 4
cp test_line.h5 damaged.h5
damage damaged.h5 $(($(wc -c < damaged.h5) * 3 / 4))
unchanged refused 3 "damaged.h5: .*row" ranks 2 predict -checkpoint whole/best.h5 -input damaged.h5 -output new.h5

# The error of each predicted frame, on another grid, too: 8 frames, 2 of them given.
ranks 2 evaluate -run run.1 -dataset test.h5,fine.h5 -evaluate_details details > output
[ "$(wc -l < details/rollout.csv)" -eq 13 ] ||
  fail "rollout.csv has not a row for 2 datasets and 6 steps: $(cat details/rollout.csv)"
[ "$(sed -n 2p details/rollout.csv | cut -d , -f 3,4)" = 1,2 ] ||
  fail "the first predicted frame is that of t = 2: $(cat details/rollout.csv)"
[ -s run.1/rollout_fine.png ] || fail "no picture of the rollout in $(ls run.1)"
