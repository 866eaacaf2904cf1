# Symmetries from declaration to prediction: generate declares, inspect prints and checks them, train moves samples by
# them, the same on any ranks and after a stop; evaluate and predict average; convert declares them; what is refused.
set -eu
. "$(dirname "$0")/common.sh"

small_data
limited "$KITINET" inspect -input train.h5 -check_symmetry > output || fail "Darcy's own symmetries"
grep -q "symmetries  reflect(x)" output && grep -q "a group of 8 elements" output || fail "no symmetries: $(cat output)"
[ "$(grep -c "standard errors.*solver misses by" output)" -eq 3 ] || fail "not checked with the solver: $(cat output)"

# Training: with and without are two things; ranks and groups of ranks that share samples are not.
train 1 on -train_epochs 3
grep -q "training on 24 samples, each in one of 8 symmetric images, 3 epochs" output || fail "plan: $(cat output)"
train 1 off -train_epochs 3 -train_symmetry off
grep -q "training on 24 samples, 3 epochs" output || fail "plan without: $(cat output)"
course on > on.course; course off > off.course
cmp -s on.course off.course && fail "symmetries change nothing"
train 2 two -train_epochs 3
course two | cmp - on.course || fail "two ranks see other samples"
train 2 shared -train_epochs 3 -ranks_per_sample 2
close "$(last_loss on)" "$(last_loss shared)" 1e-4 || fail "ranks that share samples see others"

# statistics of each point are those of all images
train 1 pointwise -train_epochs 2 -train_normalizer pointwise

# Averages: over the whole group the prediction is symmetric; a mean over one is the prediction.
for k in 1 3 0; do
  limited "$KITINET" evaluate -run on -dataset test.h5 -picture false -symmetry_average $k \
    -output errors_$k.csv > output ||
    fail "evaluate -symmetry_average $k"
  limited "$KITINET" predict -checkpoint on/checkpoint.h5 -input test.h5 -output predicted_$k.h5 \
    -symmetry_average $k > /dev/null
done
grep -q "Predictions are means over 8 symmetries" output || fail "evaluate does not say so: $(cat output)"
cmp -s errors_1.csv errors_0.csv && fail "the average over all is that over one"
cmp -s errors_1.csv errors_3.csv && fail "the average over three is that over one"
limited "$KITINET" predict -checkpoint on/checkpoint.h5 -input test.h5 -output plain.h5 > /dev/null
# report measures the same of the runs of a study
train 1 judged -train_epochs 1 -dataset_test test.h5
ranks 1 evaluate -run judged -dataset test.h5 -picture false -symmetry_average 0 -output judged.csv > output
ranks 2 report -run judged -symmetry_average 0 -output reported > output
grep -q "predictions are means over symmetries" output || fail "report does not say so: $(cat output)"
close "$(tail -n 1 reported/runs.csv | cut -d , -f 7)" "$(tail -n 1 judged.csv | cut -d , -f 5)" 1e-6 ||
  fail "report: $(cat reported/runs.csv) evaluate: $(cat judged.csv)"
refused 2 "has 8 samples, -check_symmetry needs at least 20" limited "$KITINET" \
  inspect -input predicted_0.h5 -check_symmetry
refused 2 "symmetry_average is 9, the problem has 8 symmetries" \
  limited "$KITINET" evaluate -run on -dataset test.h5 -symmetry_average 9
refused 2 "exclude each other" ranks 2 evaluate -run on -dataset test.h5 -symmetry_average 0 -ranks_per_sample 2

# A network that is loaded again, after its spread was fitted, goes on with the average.
train 1 drawn -train_epochs 1 -model_residual plain -model_dropout 0.2
ensemble="evaluate -run drawn -dataset test.h5 -picture false -model_dropout_evaluate sample
  -collision_samples 4 -symmetry_average 2"
ranks 1 $ensemble -calibrate test.h5 -output fitted.csv > /dev/null
ranks 1 $ensemble -output again.csv > /dev/null
[ "$(cut -d , -f 5 fitted.csv)" = "$(cut -d , -f 5 again.csv)" ] ||
  fail "fitting forgets the average: $(cat fitted.csv again.csv)"
ranks 1 evaluate -run drawn -dataset test.h5 -picture false -model_dropout_evaluate sample \
  -collision_samples 4 -output single.csv > /dev/null
[ "$(cut -d , -f 5 single.csv)" != "$(cut -d , -f 5 again.csv)" ] || fail "the average of an ensemble is none"

# convert: declared, forgotten, replaced; what does not fit.
limited "$KITINET" convert -input train.h5 -output none.h5 -symmetry none > /dev/null
limited "$KITINET" inspect -input none.h5 | grep -q symmetries && fail "convert -symmetry none keeps them"
refused 2 "declares no symmetries" limited "$KITINET" inspect -input none.h5 -check_symmetry
limited "$KITINET" convert -input none.h5 -output some.h5 -symmetry "reflect(x) reflect(y), exchange(x,y)" > /dev/null
limited "$KITINET" inspect -input some.h5 -check_symmetry > output ||
  fail "true symmetries of converted data: $(cat output)"
grep -q "a group of 4 elements" output || fail "of converted data: $(cat output)"
limited "$KITINET" train -run without -dataset none.h5 $network -train_epochs 3 > output 2> message || fail "none"
course without | cmp - off.course || fail "data without symmetries are trained on as with -train_symmetry off"
refused 3 "without/checkpoint.h5 knows no symmetries" limited "$KITINET" \
  evaluate -run without -dataset test.h5 -symmetry_average 0
try() { refused 2 "option -symmetry: $1" limited "$KITINET" convert -input train.h5 -output no.h5 -symmetry "$2"; }
try '"shift(x)": the boundary conditions are "u = 0"' "shift(x)"
try '"turn": "turn" is neither a move' "reflect(x), turn"
try '"b=-b": there is no field "b"' "b=-b"
[ ! -e no.h5 ] || fail "a refused conversion leaves a file"

# Given inputs may be distributed otherwise: what their dataset does not declare is not kept.
ranks 1 generate -from none.h5 -darcy_grid 16 -output given.h5 > /dev/null
limited "$KITINET" inspect -input given.h5 | grep -q symmetries && fail "symmetries of inputs that declare none"
ranks 1 generate -from train.h5 -darcy_grid 16 -output given.h5 -overwrite true > /dev/null
limited "$KITINET" inspect -input given.h5 | grep -q "a group of 8 elements" ||
  fail "symmetries of given inputs are lost"

# Wrong declarations are found on the data: the element is named, exit 3.
ranks 1 generate -pde burgers -burgers_grid 512 -burgers_resolution 64 -samples 120 -output burgers.h5 > /dev/null
limited "$KITINET" inspect -input burgers.h5 -check_symmetry > output || fail "Burgers' symmetries"
grep -q "a group of 128 elements" output || fail "Burgers: $(cat output)"
wrong() {
  limited "$KITINET" convert -input "$1" -output wrong.h5 -overwrite true -symmetry "$2" > /dev/null
  refused 3 "wrong.h5: \"$3\" is no symmetry of the data" limited "$KITINET" inspect -input wrong.h5 -check_symmetry
}
wrong burgers.h5 "shift(x), reflect(x)" "reflect(x)"
wrong burgers.h5 "negate" "negate"
wrong train.h5 "reflect(x), u=-u" "u=-u"
ranks 2 inspect -input burgers.h5 -check_symmetry > two.output
grep checked two.output > /dev/null || fail "two ranks check nothing"

# Axes that are exchanged have equally many points.
"$tool" make oblong.h5 cells 0 1 1 16 12
refused 2 "axes that are exchanged have equally many points, the grid has 16 along x and 12 along y" \
  limited "$KITINET" convert -input oblong.h5 -output no.h5 -symmetry "exchange(x,y)"
