# kitinet condense: an ordinary smaller checkpoint, as wrong as the table says; of chance nothing: the same on 1 and 2
# ranks; fine-tuned, stopped and resumed with the same weights as in one go; of trajectories too; impossible sizes and
# other data are refused.
set -eu
. "$(dirname "$0")/common.sh"
small_data
train 1 full -train_epochs 4 -collision_dimension 2
weights() { ranks 1 inspect -input "$1" | sed -n 's/.* SHA-256 //p'; }
cell() { sed -n "$2p" "$1" | cut -d , -f "$3"; } # FILE LINE COLUMN
condense() { ranks 1 condense -checkpoint full/checkpoint.h5 -dataset train.h5 "$@"; }

condense -dataset_test test.h5 -output small.h5 -condense_width 4 -condense_modes 3 -condense_head 12 > output
grep -q "^next: kitinet evaluate -checkpoint full/checkpoint.h5,small.h5" output || fail "$(cat output)"
[ "$(cut -d , -f 1-4 small.csv | tr '\n' ' ')" = "network,width,modes,head full,8,4,16 pruned,4,3,12 " ] ||
  fail "$(cat small.csv)"
ranks 1 evaluate -checkpoint full/checkpoint.h5,small.h5 -dataset test.h5,fine.h5 \
  -picture false -output table.csv > output
for line in 2 3; do
  close "$(cell table.csv $line 5)" "$(cell small.csv $line 7)" 1e-5 || fail "$(cat table.csv small.csv)"
done
awk -F , 'NR == 2 { p = $5; f = $6 } NR == 3 { exit !($5 < p && $6 < f && $8 > 0) }' small.csv ||
  fail "not smaller: $(cat small.csv)"
ranks 1 predict -checkpoint small.h5 -input fine.h5 -output predicted.h5 > /dev/null
ranks 1 inspect -input small.h5 > output
sizes="8 to 4 channels, 4 to 3 modes, 16 to 12 hidden units"
grep -q "^  origin  *condensed from full/checkpoint.h5: $sizes, .* on 24 samples of train.h5" output ||
  fail "no origin: $(cat output)"
grep -q "model_width: 4" output || fail "another width: $(cat output)"
ranks 2 condense -checkpoint full/checkpoint.h5 -dataset train.h5 -dataset_test test.h5 \
  -output two.h5 -condense_width 4 -condense_modes 3 -condense_head 12 > output
close "$(cell small.csv 3 7)" "$(cell two.csv 3 7)" 1e-4 ||
  fail "on two ranks the error is $(cell two.csv 3 7), on one $(cell small.csv 3 7)"

# Half the operations, fine-tuned: in one go, and stopped twice
tune="-dataset_test test.h5 -condense_flops 0.5 -train_epochs 3 -train_batch 6 -train_microbatch 2"
condense -output whole.h5 -run whole $tune > output 2> message
[ "$(cut -d , -f 1 whole.csv | tr '\n' ' ')" = "network full pruned fine-tuned " ] || fail "$(cat whole.csv)"
awk -F , 'NR == 2 { f = $6 } NR > 2 && $6 > f / 2 { exit 1 }' whole.csv ||
  fail "more than half the operations: $(cat whole.csv)"
close "$(cell whole.csv 4 7)" "$(tail -n 1 whole/metrics.csv | cut -d , -f 3)" 1e-5 ||
  fail "the table and the run differ"
ends 75 condense -output parts.h5 -run parts $tune -max_time 1e-9 > output 2> message
[ ! -e parts.h5 ] || fail "a result before the end"
ends 75 condense -output parts.h5 -run parts $tune -max_time 1e-9 > output 2> message
condense -output parts.h5 -run parts $tune > output 2> message
[ "$(weights parts.h5)" = "$(weights whole.h5)" ] || fail "stopped and resumed, other weights"
cut -d , -f 1-7 whole.csv > whole.table
cut -d , -f 1-7 parts.csv | cmp - whole.table || fail "another table: $(cat parts.csv)"
[ "$(weights whole/checkpoint.h5)" = "$(weights whole.h5)" ] || fail "the run's checkpoint and the output differ"
ranks 1 inspect -input whole/checkpoint.h5 | grep -q "^  origin  *condensed from" ||
  fail "the run forgets where it comes from"
ends 75 condense -output third.h5 -run third $tune -max_time 1e-9 > output 2> message
ranks 1 train -run third -max_time 0 > output 2> message || fail "kitinet train does not go on: $(cat message)"
[ "$(weights third/checkpoint.h5)" = "$(weights whole.h5)" ] || fail "kitinet train gives other weights"

# A condensed network once more; one of trajectories; a plain one loses single channels
ranks 1 condense -checkpoint small.h5 -dataset train.h5 -output tiny.h5 -condense_width 2 -condense_modes 3 > output
[ "$(ranks 1 inspect -input tiny.h5 | grep -c "^  origin ")" -eq 2 ] || fail "not two origins"
ranks 1 generate -pde navier_stokes -navier_stokes_grid 16 -navier_stokes_resolution 16 -navier_stokes_viscosity 1e-2 \
  -navier_stokes_final_time 3 -navier_stokes_frames 4 -samples 6 -output flow.h5 > /dev/null
ranks 1 train -run flow -dataset flow.h5 $network -train_history 2 -train_epochs 2 \
  -model_residual plain > output 2> message
ranks 1 condense -checkpoint flow/checkpoint.h5 -dataset flow.h5 -output flow_small.h5 -condense_width 5 \
  -condense_samples 3 > output
ranks 1 inspect -input flow_small.h5 | grep -q "^  origin .* on 3 samples of flow.h5" ||
  fail "-condense_samples has no effect: $(ranks 1 inspect -input flow_small.h5)"
ranks 1 evaluate -checkpoint flow_small.h5 -dataset flow.h5 -picture false > output
ranks 1 train -run at_once -dataset flow.h5 -model_width 8 -model_modes 1 \
  -train_history 2 -train_form spacetime -train_epochs 2 -model_residual plain > output 2> message
ranks 1 condense -checkpoint at_once/checkpoint.h5 -dataset flow.h5 -output at_once_small.h5 \
  -condense_width 5 -condense_modes 1 > output
ranks 1 evaluate -checkpoint at_once_small.h5 -dataset flow.h5 -picture false > output
ranks 1 train -run default -dataset train.h5 -model_width 16 -model_modes 3 -train_epochs 1 > output 2> message
ranks 1 condense -checkpoint default/checkpoint.h5 -dataset train.h5 -output default.h5 -condense_width 8 > output
ranks 1 inspect -input default.h5 | grep -q "collision_dimension: 8" ||
  fail "the particles of 16 channels have another dimension among 8"

# Steps go with their channels; particles that share a velocity cannot
ranks 1 train -run stream -dataset train.h5 $network -model_residual transport \
  -collision_dimension 2 -train_epochs 2 > output 2> message
ranks 1 condense -checkpoint stream/checkpoint.h5 -dataset train.h5 -output stream_small.h5 -condense_width 4 > output
ranks 1 inspect -input stream_small.h5 | grep -q "block0.transport.step *(4)" ||
  fail "other steps than 4: $(ranks 1 inspect -input stream_small.h5)"
ranks 1 evaluate -checkpoint stream_small.h5 -dataset train.h5 -picture false > output
ranks 1 train -run torn -dataset train.h5 $network -model_residual transport \
  -collision_dimension 1 -train_epochs 1 > output 2> message

"$tool" make two_fields.h5 cells 0 2 1 16 16
unchanged refused 2 "condense needs -checkpoint FILE, -dataset FILE and -output FILE" condense
unchanged refused 2 "name the same file" condense -output full/checkpoint.h5
unchanged refused 2 "option -condense_width is 3, the particles of full/checkpoint.h5 have 2 channels each" \
  condense -output new.h5 -condense_width 3
unchanged refused 2 "torn/checkpoint.h5 streams with velocities of 2 channels, which its particles of 1 share" \
  ranks 1 condense -checkpoint torn/checkpoint.h5 -dataset train.h5 -output new.h5 -condense_width 4
unchanged refused 2 "option -condense_width is 10, full/checkpoint.h5 has 8 channels" \
  condense -output new.h5 -condense_width 10
unchanged refused 2 "full/checkpoint.h5 with 8 channels, 4 modes, 16 hidden units already is as small as wanted" \
  condense -output new.h5 -condense_width 8 -condense_modes 4 -condense_head 16
unchanged refused 2 "small.h5 with 4 channels, 3 modes, 12 hidden units already is as small" \
  ranks 1 condense -checkpoint small.h5 -dataset train.h5 -output new.h5 -condense_width 4 \
  -condense_modes 3 -condense_head 12
unchanged refused 2 "which leaves nothing of the network" condense -output new.h5 -condense_flops 0.001
unchanged refused 2 "8 channels, 4 modes, 1 hidden units alone take" \
  condense -output new.h5 -condense_flops 0.1 -condense_width 8 -condense_modes 4
unchanged refused 2 "option -condense_head is 17, full/checkpoint.h5 has 16 hidden units" \
  condense -output new.h5 -condense_head 17
unchanged refused 2 "option -condense_width_2 is 4, full/checkpoint.h5 has no channels in the second stage" \
  condense -output new.h5 -condense_width_2 4
unchanged refused 2 "option -condense_modes is 5" condense -output new.h5 -condense_width 4 -condense_modes 5
unchanged refused 2 "unknown option -train_epochs" condense -output new.h5 -condense_width 4 -train_epochs 3
unchanged refused 3 "two_fields.h5 has 2 input fields" ranks 1 condense -checkpoint full/checkpoint.h5 \
  -dataset two_fields.h5 -output new.h5 -condense_width 4
unchanged refused 3 "flow.h5 " ranks 1 condense -checkpoint full/checkpoint.h5 \
  -dataset flow.h5 -output new.h5 -condense_width 4
unchanged refused 3 "none.h5: No such file" ranks 1 condense -checkpoint none.h5 -dataset train.h5 -output new.h5
unchanged refused 3 "made with other options: -model_width is 8 there" condense -output new.h5 -model_width 4
