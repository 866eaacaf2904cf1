# kitinet condense of a residual network of convolutions: each stage loses whole particles, norms and running statistics
# go with their channels; the smaller checkpoint is as wrong as the table says, on any number of ranks; fine-tuned,
# stopped and resumed with the same weights as in one go; of fields too; condensation is measured of convolutions.
set -eu
. "$(dirname "$0")/common.sh"
network="-model_type resnet -model_depth 8 -model_residual collision -collision_dimension 2"
batch="-train_batch 6 -train_microbatch 2"
sgd="-train_optimizer sgd -train_momentum 0.9 -train_lr 0.05"
task_tool=$(dirname "$PWD")/task_tool
"$task_tool" classes train.h5 3 60 0 kind 16 15
"$task_tool" classes test.h5 3 21 60 kind 16 15
ranks 1 train -run full -dataset train.h5 -dataset_test test.h5 $network $batch $sgd -train_epochs 12 \
  -model_width 4 -train_condensation_every 6 > output 2> message || fail "$(cat message)"
cell() { sed -n "$2p" "$1" | cut -d , -f "$3"; } # FILE LINE COLUMN
weights() { ranks 1 inspect -input "$1" | sed -n 's/.* SHA-256 //p'; }
condense() { ranks 1 condense -checkpoint full/checkpoint.h5 -dataset train.h5 -dataset_test test.h5 "$@"; }

# Sizes that are given: an ordinary checkpoint.
sizes="-condense_width 2 -condense_width_2 6 -condense_width_3 10"
condense -output small.h5 $sizes > output
grep -q "^Error: cross-entropy on test.h5" output || fail "$(cat output)"
[ "$(cut -d , -f 1-4 small.csv | tr '\n' ' ')" = "network,width,width_2,width_3 full,4,8,16 pruned,2,6,10 " ] ||
  fail "$(cat small.csv)"
[ "$(sed -n 1p small.csv | cut -d , -f 5-)" = parameters,mflop,error,ms_1,ms_2,ms_4,accuracy ] ||
  fail "$(cat small.csv)"
ranks 1 evaluate -checkpoint full/checkpoint.h5,small.h5 -dataset test.h5 -picture false -output table.csv \
  -evaluate_details details > output
for line in 2 3; do
  close "$(cell table.csv $line 5)" "$(cell small.csv $line 11)" 1e-6 ||
    fail "accuracy: $(cat table.csv small.csv)"
  error=$(grep ,cross_entropy, details/errors.csv | sed -n $((line - 1))p | cut -d , -f 5)
  close "$error" "$(cell small.csv $line 7)" 1e-5 || fail "error: $(cat details/errors.csv small.csv)"
done
ranks 1 inspect -input small.h5 > output
widths="4/8/16 to 2/6/10 channels"
grep -q "^  origin  *condensed from full/checkpoint.h5: $widths, .* on 60 samples of train.h5" output ||
  fail "no origin: $(cat output)"
for line in "model_width: 2" "model_width_2: 6" "model_width_3: 10" "collision_dimension: 2"; do
  grep -q "$line" output || fail "no $line: $(cat output)"
done
ranks 2 condense -checkpoint full/checkpoint.h5 -dataset train.h5 -dataset_test test.h5 -output two.h5 $sizes > output
close "$(cell small.csv 3 7)" "$(cell two.csv 3 7)" 1e-4 ||
  fail "on two ranks the error is $(cell two.csv 3 7), on one $(cell small.csv 3 7)"
ranks 2 predict -checkpoint small.h5 -input test.h5 -output predicted.h5 > output

# A network of these widths that is trained from the beginning has as many parameters.
ranks 1 train -run narrow -dataset train.h5 $network $batch $sgd -train_epochs 1 -model_width 2 -model_width_2 6 \
  -model_width_3 10 > output 2> message || fail "$(cat message)"
ranks 1 inspect -input narrow/checkpoint.h5 | sed -n 's/^  parameters  *\([0-9]*\) real numbers$/\1/p' > output
grep -q -x "$(cell small.csv 3 5)" output || fail "$(cat output), not $(cell small.csv 3 5) parameters"

# A share of the operations, fine-tuned in one go, and stopped; it gets better.
tune="-condense_flops 0.4 -train_epochs 6 $batch $sgd -condense_samples 30"
condense -output whole.h5 -run whole $tune > output 2> message || fail "$(cat message)"
[ "$(cut -d , -f 1 whole.csv | tr '\n' ' ')" = "network full pruned fine-tuned " ] || fail "$(cat whole.csv)"
awk -F , 'NR == 2 { f = $6 } NR > 2 && ($6 > 0.4 * f || $2 % 2 || $3 % 2 || $4 % 2) { exit 1 }
  NR == 3 { p = $7 } END { exit !($7 < p && $11 > 0.6) }' whole.csv || fail "$(cat whole.csv)"
ends 75 condense -output parts.h5 -run parts $tune -max_time 1e-9 > output 2> message
condense -output parts.h5 -run parts $tune > output 2> message || fail "$(cat message)"
[ "$(weights parts.h5)" = "$(weights whole.h5)" ] || fail "stopped and resumed, other weights"
ranks 1 condense -checkpoint whole.h5 -dataset train.h5 -output tiny.h5 -condense_width_3 4 > output
[ "$(ranks 1 inspect -input tiny.h5 | grep -c "^  origin ")" -eq 2 ] || fail "not two origins"

# Fields: one stream, the hidden units of the head.
ranks 1 generate -darcy_grid 13 -samples 12 -output fields.h5 > /dev/null
ranks 1 train -run field -dataset fields.h5 -model_type resnet -model_depth 8 -model_width 6 -model_head 12 $batch \
  -model_residual plain -train_epochs 2 > output 2> message || fail "$(cat message)"
ranks 1 condense -checkpoint field/checkpoint.h5 -dataset fields.h5 -output field.h5 -condense_width 5 \
  -condense_head 7 > output
[ "$(cut -d , -f 1-3 field.csv | tr '\n' ' ')" = "network,width,head full,6,12 pruned,5,7 " ] || fail "$(cat field.csv)"
ranks 1 evaluate -checkpoint field.h5 -dataset fields.h5 -picture false > output

# Measures of condensation, for each convolution.
[ "$(sed 1d full/condensation.csv | cut -d , -f 1 | sort -n | uniq -c | awk '{ print $1, $2 }' | tr '\n' ' ')" = \
  "9 0 9 6 9 12 " ] || fail "$(cat full/condensation.csv)"
grep -q "^12,block1.shortcut," full/condensation.csv && grep -q "^12,block2.convolution2," full/condensation.csv ||
  fail "$(cat full/condensation.csv)"
ranks 1 inspect -input full/checkpoint.h5 | grep -q "^ *block0.convolution1  *[01]\.[0-9]* " ||
  fail "$(ranks 1 inspect -input full/checkpoint.h5)"

unchanged refused 2 "option -condense_modes is 2, full/checkpoint.h5 has no modes: leave it out" \
  condense -output new.h5 -condense_modes 2
unchanged refused 2 "option -condense_width_2 is 5, the particles of full/checkpoint.h5 have 2 channels each" \
  condense -output new.h5 -condense_width_2 5
unchanged refused 2 "option -condense_width_3 is 20, full/checkpoint.h5 has 16 channels in the third stage" \
  condense -output new.h5 -condense_width_3 20
unchanged refused 2 "full/checkpoint.h5 with 4/8/16 channels already is as small as wanted" \
  condense -output new.h5 -condense_width 4 -condense_width_2 8 -condense_width_3 16
unchanged refused 2 "which leaves nothing of the network: 2/2/2 channels alone take" \
  condense -output new.h5 -condense_flops 0.001
unchanged refused 2 "option -model_width_2 is for networks whose output is a class" ranks 1 train -run bad \
  -dataset fields.h5 -model_type resnet -model_depth 8 -model_width_2 8 -train_epochs 1
ranks 1 train -run mixed -dataset train.h5 -model_type resnet -model_depth 8 -model_width 6 -model_residual collision \
  $batch -train_epochs 1 > output 2> message || fail "$(cat message)"
unchanged refused 2 "particles have 3 channels in one stage and 6 in another: condense needs the same" \
  ranks 1 condense -checkpoint mixed/checkpoint.h5 -dataset train.h5 -output new.h5
complete
