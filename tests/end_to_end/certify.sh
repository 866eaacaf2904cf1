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
awk -F , -v l="$limit" 'NR > 1 && ($5 == 1) != ($3 > l) { exit 1 }' mixed.csv || fail "$(cat mixed.csv)"
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

# Foreign data, whose equation is named by hand; data that no solver can take.
"$tool" make foreign.h5 cells 0 1 1 16 16
"$tool" make oblong.h5 cells 0 1 1 16 12
ranks 1 generate -pde heat -samples 4 -output waves.h5 > output
ranks 1 train -run waves -dataset waves.h5 $network -train_epochs 1 > output 2> message
refused 3 'foreign.h5 does not say which equation it solves ("test"): name it by -pde, .*; darcy, cavity certify' \
  ranks 1 predict -checkpoint run/checkpoint.h5 -input foreign.h5 -output new.h5 -certify
refused 3 'oblong.h5 has 16 and 12 points along its axes' ranks 1 predict \
  -checkpoint run/checkpoint.h5 -input oblong.h5 -output new.h5 -certify -pde darcy
refused 2 'option -pde is stokes, which no solver is called; darcy, cavity certify' ranks 1 predict \
  -checkpoint run/checkpoint.h5 -input foreign.h5 -output new.h5 -certify -pde stokes
refused 2 'waves.h5 holds heat, of which no certificate is known; darcy, cavity certify' ranks 1 evaluate \
  -run waves -dataset waves.h5 -certify
refused 2 'add -certify' ranks 1 predict -checkpoint run/checkpoint.h5 -input foreign.h5 -output new.h5 -pde darcy
refused 2 'leave out -collision_samples and -ranks_per_sample' ranks 2 predict \
  -checkpoint run/checkpoint.h5 -input test.h5 -output new.h5 -certify -ranks_per_sample 2
[ ! -e new.h5 ] || fail "an output of what was refused"
# inputs that no solver takes: a permeability below 0; the prediction stands, and is counted
ranks 1 predict -checkpoint run/checkpoint.h5 -input foreign.h5 -output new.h5 -certify_limit 1e-9 -pde darcy > output
grep -q '3 predictions cannot be judged' output &&
  grep -q 'solved: 0 of 3 samples, 0 of them from zero in the end, 3 not at all' output || fail "$(cat output)"
