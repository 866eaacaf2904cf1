# Ensembles: evaluate and predict with -collision_samples, the same for any number of ranks; the factor that fits the
# spread to errors is stored in the checkpoint, with all else as it was, and used from then on; what cannot be an
# ensemble is refused.
set -eu
. "$(dirname "$0")/common.sh"
small_data
train 1 run -train_epochs 4 -collision_rate 0.5
train 1 drop -train_epochs 4 -model_residual plain -model_dropout 0.2 -model_dropout_kind channel
train 1 plain -train_epochs 1 -model_residual plain
sampled="-collision_evaluate sample -model_dropout_evaluate sample -collision_samples 4"
evaluate() { n=$1; shift; ranks "$n" evaluate -picture false "$@"; }

evaluate 1 -run run,drop -dataset test.h5,fine.h5 $sampled -evaluate_details raw > output
columns=factor,fitted_members,ratio,coverage_50,coverage_90,crps,relative_crps,roc_area
head -n 1 raw/reliability.csv | grep -q -x "checkpoint,dataset,samples,members,$columns" ||
  fail "$(cat raw/reliability.csv)"
[ "$(wc -l < raw/reliability.csv)" -eq 5 ] || fail "not a row for 2 networks on 2 datasets: $(cat raw/reliability.csv)"
awk -F , '$1 == "run/checkpoint.h5" && $2 == "test.h5" { sum += $4; n++ } END { exit !(n == 5 &&
  sum == 8 * 256) }' raw/ranks.csv || fail "ranks do not add up to 8 samples of 256 points: $(cat raw/ranks.csv)"
for n in 2 3; do
  evaluate $n -run run,drop -dataset test.h5,fine.h5 $sampled -evaluate_details raw.$n > output
  for table in reliability ranks samples; do
    cmp raw/$table.csv raw.$n/$table.csv || fail "another $table.csv on $n ranks"
  done
done

# predict: its mean is as far from the truth as that of evaluate, its fields carry units.
for n in 1 3; do
  ranks $n predict -checkpoint run/checkpoint.h5 -input test.h5 -output mean.$n.h5 \
    -collision_evaluate sample -collision_samples 4 > output
done
"$tool" difference mean.1.h5 mean.3.h5 | grep -q "^0$" || fail "another prediction on 3 ranks"
ranks 1 inspect -input mean.1.h5 > output
grep -q "output *u_spread *1 " output && grep -q "spread_factor = 1 " output &&
  grep -q "checksums are right" output || fail "$(cat output)"

# The factor: 90 % of the points it was fitted on are covered. Nothing else in the checkpoint changes; the one before is
# kept.
ranks 1 inspect -input run/checkpoint.h5 | grep -v "checksum is right" > before
cp run/checkpoint.h5 unfitted.h5
evaluate 2 -run run,drop -calibrate fine.h5 -dataset fine.h5,test.h5 $sampled -evaluate_details fitted > output
cmp unfitted.h5 run/checkpoint.h5.previous || fail "the checkpoint before the fit is not kept"
ranks 1 inspect -input run/checkpoint.h5 | grep -v "checksum is right" > after
cmp before after || fail "the fit changed more than the factor"
awk -F , 'NR > 1 && $2 == "fine.h5" && ($9 < 0.898 || $9 > 0.902 || $6 != 4) { exit 1 }' fitted/reliability.csv ||
  fail "not 90 % covered: $(cat fitted/reliability.csv)"
evaluate 1 -run run,drop -dataset fine.h5,test.h5 $sampled -evaluate_details again > output
cmp fitted/reliability.csv again/reliability.csv || fail "the stored factor is not used"
evaluate 1 -run run,drop -calibrate fine.h5 -dataset fine.h5,test.h5 $sampled -evaluate_details again > output
cmp fitted/reliability.csv again/reliability.csv || fail "a second fit gives something else"
ranks 1 predict -checkpoint run/checkpoint.h5 -input test.h5 -output fitted.h5 \
  -collision_evaluate sample -collision_samples 4 > output
ranks 1 inspect -input fitted.h5 > output
grep -q "spread_factor = $(awk -F , '$1 == "run/checkpoint.h5" { printf "%.5s", $5; exit }' fitted/reliability.csv)" \
  output || fail "predict does not use the factor: $(cat output)"
train 1 run -train_epochs 4 -collision_rate 0.5 || fail "a fitted run cannot be continued: $(cat message)"

# Trajectories: all frames that are predicted count.
ranks 1 generate -pde burgers -burgers_grid 256 -burgers_resolution 32 -burgers_frames 4 \
  -samples 6 -output frames.h5 > output
ranks 1 train -run steps -dataset frames.h5 $network -train_epochs 2 -collision_rate 0.5 > output 2> message
evaluate 1 -run steps -dataset frames.h5 -collision_evaluate sample -collision_samples 3 \
  -evaluate_details steps.1 > output
evaluate 2 -run steps -dataset frames.h5 -collision_evaluate sample -collision_samples 3 \
  -evaluate_details steps.2 > output
cmp steps.1/reliability.csv steps.2/reliability.csv || fail "another reliability of trajectories on 2 ranks"
awk -F , 'NR > 1 { sum += $4 } END { exit sum != 6 * 3 * 32 }' steps.1/ranks.csv ||
  fail "ranks do not add up to 6 samples of 3 predicted frames of 32 points: $(cat steps.1/ranks.csv)"
ranks 2 predict -checkpoint steps/checkpoint.h5 -input frames.h5 -output frames_mean.h5 \
  -collision_evaluate sample -collision_samples 3 > output
ranks 1 inspect -input frames_mean.h5 > output
grep -q "u_spread" output && grep -q "checksums are right" output || fail "$(cat output)"

ranks 1 evaluate -run run,drop -dataset test.h5 $sampled > output
for picture in ranks_test spread_test; do [ -s run/$picture.png ] || fail "no picture $picture in: $(ls run)"; done
for command in evaluate predict; do
  ranks 1 $command -help > output
  for option in collision_samples collision_evaluate model_dropout_evaluate; do
    grep -q -- "-$option " output || fail "$command -help does not explain -$option"
  done
done

one() { evaluate 1 -dataset test.h5 "$@"; }
unchanged refused 2 "option -collision_samples is 1, out of range: 2 to 1024" \
  one -run run -collision_evaluate sample -collision_samples 1
unchanged refused 2 "option -collision_samples is 1, out of range: 2 to 1024" \
  ranks 2 predict -checkpoint run/best.h5 -input test.h5 -output new.h5 -collision_samples 1
unchanged refused 2 "all passes of run/checkpoint.h5 are the same; add -collision_evaluate sample" \
  one -run run -collision_samples 4
unchanged refused 2 "all passes of drop/checkpoint.h5 are the same; add -model_dropout_evaluate sample" \
  one -run drop -collision_samples 4
unchanged refused 2 "the network of plain/checkpoint.h5 has neither collisions nor dropout" \
  one -run plain -collision_samples 4
unchanged refused 2 "add -collision_samples K" one -run run -calibrate fine.h5
unchanged refused 2 "model_dropout_evaluate" one -run run -model_dropout_evaluate sample
unchanged refused 3 "none.h5: cannot be opened" evaluate 2 -run run,drop -dataset test.h5 $sampled -calibrate none.h5
