# The solver checks the network: evaluate -certify tells errors, predict -certify, -certify_limit and -refine_tolerance;
# the same files on any number of ranks; what cannot be certified is refused, and the message says what can.
set -eu
. "$(dirname "$0")/common.sh"
small_data
train 1 run -train_epochs 3 -model_residual plain
best="predict -checkpoint run/checkpoint.h5 -input test.h5 -overwrite"
column() { cut -d , -f "$2" "$1" | sed 1d; }
smaller() { awk -v a="$1" -v b="$2" 'BEGIN { exit !(a < b) }'; }

for n in 1 3; do
  ranks $n evaluate -run run -dataset test.h5,fine.h5 -certify -evaluate_details of.$n > output
  grep -q '^run  *test ' output && grep -q 'certificates_\*.png' output || fail "$(cat output)"
done
cmp of.1/certificates.csv of.3/certificates.csv || fail "other certificates on 3 ranks"
[ -s run/certificates_test.png ] || [ -s run/certificates_test.gp ] || fail "no picture: $(ls run)"
# estimates tell errors; what was stored as the truth is the solution of its own grid, to the rounding of 32 bits
awk -F , 'NR > 1 && !($5 > 0.7 * $4 && $5 < 1.3 * $4 && $8 < 1e-5) { exit 1 }' of.1/certificates.csv ||
  fail "$(cat of.1/certificates.csv)"

for n in 1 2; do ranks $n $best -output checked.$n.h5 -certify > output; done
cmp checked.1.csv checked.2.csv || fail "other certificates on 2 ranks"
grep -q 'estimated relative error of the predictions: median' output && grep -q 'ms for the certificate' output ||
  fail "$(cat output)"
ranks 1 $best -output plain.h5 > output
[ "$("$tool" difference checked.1.h5 plain.h5)" = 0 ] || fail "-certify changes predictions"
column checked.1.csv 3 > estimates
grep '^[^,]*,test.h5' of.1/certificates.csv | cut -d , -f 5 | cmp - estimates ||
  fail "predict estimates otherwise than evaluate"

# Over the limit: solved, from the prediction; others are the network's.
limit=$(sort -g estimates | sed -n 5p | awk '{ printf "%.9g", $1 * 1.0001 }')
ranks 2 $best -output mixed.h5 -certify_limit "$limit" > output
grep -q 'solved: 3 of 8 samples, 0 of them from zero in the end, 0 not at all' output || fail "$limit: $(cat output)"
awk -F , -v l="$limit" 'NR > 1 && ($6 == 1) != ($3 > l) { exit 1 }' mixed.csv || fail "$(cat mixed.csv)"
ranks 1 $best -output refined.h5 -refine_tolerance 1e-8 > output
grep -q 'solved: 8 of 8' output && grep -q 'from the prediction .* iterations .* from zero' output ||
  fail "$(cat output)"
smaller "$("$tool" difference refined.h5 test.h5)" 1e-6 ||
  fail "what is refined is not the solution: $("$tool" difference refined.h5 test.h5)"
smaller "$("$tool" difference mixed.h5 test.h5)" "$("$tool" difference plain.h5 test.h5)" ||
  fail "solving some does not help"

# The cavity, whose Newton's method starts from the prediction.
ranks 1 generate -pde cavity -cavity_grid 24 -cavity_reynolds 60 -samples 6 -output lids.h5 > output
ranks 1 train -run lids -dataset lids.h5 $network -train_epochs 2 > output 2> message
ranks 1 evaluate -run lids -dataset lids.h5 -certify -picture false > output || fail "$(cat output)"
ranks 1 predict -checkpoint lids/checkpoint.h5 -input lids.h5 -output flows.h5 -refine_tolerance 1e-8 > output
smaller "$("$tool" difference flows.h5 lids.h5)" 2e-2 ||
  fail "the flows differ by $("$tool" difference flows.h5 lids.h5)"

# Trajectories: the solver restarts from each frame; truths have no defect; the same on 3 ranks; the sum of the defects
# tells the errors, and is calibrated.
ranks 1 generate -pde heat -heat_grid 16 -heat_frames 4 -samples 24 -output waves.h5 > output
ranks 1 train -run waves -dataset waves.h5 $network -train_epochs 2 -train_history 2 > output 2> message
judge="evaluate -run waves -dataset waves.h5 -certify"
for n in 1 3; do ranks $n $judge -evaluate_details frames.$n > output; done
for file in certificates certificate_frames; do
  cmp frames.1/$file.csv frames.3/$file.csv || fail "other $file on 3 ranks"
done
awk -F , 'NR > 1 && !($5 > 0.3 * $4 && $5 < 3 * $4 && $6 == "" && $8 < 1e-5) { exit 1 }' frames.1/certificates.csv ||
  fail "$(cat frames.1/certificates.csv)"
# the first predicted frame follows a given one: its defect is its error, relative to itself
awk -F , 'NR > 1 && $4 == 2 { d = $7 / $6; n++; if (d < 0.5 || d > 2) bad = 1 } END { exit bad || n != 24 }' \
  frames.1/certificate_frames.csv || fail "$(cat frames.1/certificate_frames.csv)"
ranks 2 $judge -calibrate waves.h5 -picture false -evaluate_details frames.2 > output
grep -q 'waves, waves: 2[234] of 24 errors are below .* times the estimate, as fitted to 90 %' output ||
  fail "$(cat output)"
awk -F , 'NR > 1 { n++; above += $5 > $4 } END { exit !(above > 0.3 * n && above < 0.7 * n) }' \
  frames.2/certificates.csv || fail "$(cat frames.2/certificates.csv)"
roll="predict -checkpoint waves/checkpoint.h5 -input waves.h5"
for n in 1 2; do ranks $n $roll -output rolled.$n.h5 -certify > output; done
cmp rolled.1.csv rolled.2.csv || fail "other certificates on 2 ranks"
head -n 1 rolled.1.csv | grep -q '^row,residual,estimate,bound,error_90,solved,iterations,defect_2,defect_3$' ||
  fail "$(cat rolled.1.csv)"
ranks 1 inspect -input rolled.1.h5 > output && grep -q certificate_estimate output ||
  fail "no certificates in the output: $(cat output)"
ranks 1 $roll -output marched.h5 -certify_limit 1e-9 > output
grep -q 'solved: 24 of 24' output || fail "$(cat output)"
smaller "$("$tool" difference marched.h5 waves.h5)" 1e-4 ||
  fail "what is solved is not the solution: $("$tool" difference marched.h5 waves.h5)"

# Foreign data, whose equation is named by hand; data that no solver can take.
"$tool" make foreign.h5 cells 0 1 1 16 16
"$tool" make oblong.h5 cells 0 1 1 16 12
ranks 1 generate -pde burgers -burgers_grid 64 -samples 4 -output ends.h5 > output
ranks 1 train -run ends -dataset ends.h5 $network -train_epochs 1 > output 2> message
refused 3 'foreign.h5 does not say which equation it solves ("test"): name it by -pde, .*; darcy, cavity certify' \
  ranks 1 predict -checkpoint run/checkpoint.h5 -input foreign.h5 -output new.h5 -certify
refused 3 'oblong.h5 has 16 and 12 points along its axes' ranks 1 predict \
  -checkpoint run/checkpoint.h5 -input oblong.h5 -output new.h5 -certify -pde darcy
refused 2 'option -pde is stokes, which no solver is called; darcy, cavity certify' ranks 1 predict \
  -checkpoint run/checkpoint.h5 -input foreign.h5 -output new.h5 -certify -pde stokes
refused 2 'ends.h5 holds burgers, of which no certificate is known; darcy, cavity certify, and so do all traj' \
  ranks 1 evaluate -run ends -dataset ends.h5 -certify
refused 2 'option -refine_tolerance is for steady problems' ranks 1 predict \
  -checkpoint waves/checkpoint.h5 -input waves.h5 -output new.h5 -refine_tolerance 1e-6
refused 3 'test.h5 has 8 samples with a certificate and an error: to calibrate give at least 10' \
  ranks 1 evaluate -run run -dataset test.h5 -certify -calibrate test.h5
refused 2 'add -certify' ranks 1 predict -checkpoint run/checkpoint.h5 -input foreign.h5 -output new.h5 -pde darcy
refused 2 'leave out -collision_samples, -predict_finer and -ranks_per_sample' ranks 2 predict \
  -checkpoint run/checkpoint.h5 -input test.h5 -output new.h5 -certify -ranks_per_sample 2
[ ! -e new.h5 ] || fail "an output of what was refused"
# a network that sees a coefficient of each sample
ranks 1 generate -darcy_grid 16 -darcy_high 6:12 -samples 12 -output ranged.h5 > output
ranks 1 train -run ranged -dataset ranged.h5 $network -train_epochs 1 > output 2> message
ranks 2 evaluate -run ranged -dataset ranged.h5 -certify -calibrate ranged.h5 -picture false > output
grep -q "ranged, ranged: 1[0-2] of 12 errors are below .* as fitted to 90 %" output || fail "$(cat output)"
# inputs that no solver takes: a permeability below 0; the prediction stands, and is counted
ranks 1 predict -checkpoint run/checkpoint.h5 -input foreign.h5 -output new.h5 -certify_limit 1e-9 -pde darcy > output
grep -q '3 predictions cannot be judged' output &&
  grep -q 'solved: 0 of 3 samples, 0 of them from zero in the end, 3 not at all' output || fail "$(cat output)"
