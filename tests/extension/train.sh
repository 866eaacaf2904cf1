# The residual, the recipe and the task of src/README.md, each one file and its lines: known by name, trained, evaluated
# as the program's own are.
. "$(dirname "$0")/../end_to_end/refused.sh"
empty_folder
KITINET=$(dirname "$PWD")/extended_kitinet

ranks 1 generate -darcy_grid 16 -samples 24 -output train.h5 > /dev/null
for network in "pointwise -model_residual damped" "pointwise -model_residual collision" \
  "unet -model_modes 2 -model_residual damped"; do
  rm -rf run
  # shellcheck disable=SC2086 # words
  ranks 2 train -run run -dataset train.h5 -train_epochs 2 -train_batch 6 \
    -train_microbatch 2 -model_width 8 -model_type $network > output 2> message ||
    fail "$network: $(cat message)"
  ranks 1 evaluate -run run -dataset train.h5 > output 2> message || fail "$network: $(cat message)"
  grep -q "relative L1 error" output || fail "$network: evaluate does not show the task's measure: $(cat output)"
  awk -F , 'NR == 2 { first = $2 } END { exit !($2 < first) }' run/metrics.csv ||
    fail "$network: nothing is learned: $(cat run/metrics.csv)"
done
"$KITINET" inspect -input run/best.h5 > output
grep -q "damped" output || fail "no damped layer in: $(cat output)"
