# The first steps of README.md run as they stand, on fewer and smaller samples.
set -eu
. "$(dirname "$0")/../end_to_end/refused.sh"
empty_folder
sed -n '/^## First steps/,/^## Where/p' "$KITINET_SOURCE/README.md" | sed -n '/^```sh$/,/^```$/p' |
  sed '/^```/d' > shown
[ "$(grep -c kitinet shown)" -ge 10 ] || fail "README.md shows too few steps: $(cat shown)"
sed 's/-samples 1000/-samples 12/; s/-samples 200/-samples 8/; s/-samples 40/-samples 4/
  s/-darcy_grid 64/-darcy_grid 16/
  s/^kitinet=[^#]*/kitinet="$KITINET" /; s/mpiexec -n 4/"$MPIEXEC" -n 2/
  s|configs/|"$KITINET_SOURCE"/configs/|g; /li2020-ns-1e-3/s/$/ -navier_stokes_grid 16 -navier_stokes_resolution 16/
  / train .*dataset/s/$/ -train_epochs 1 -model_width 8 -model_modes 4 -train_batch 4 -train_microbatch 2/' shown \
  > steps
sed 's/^/limited_step /; s/^limited_step kitinet=/kitinet=/; s/^limited_step *$//' steps > limited_steps
limited_step() { limited "$@" > output 2> message || fail "$*: $(cat output message)"; }
. ./limited_steps
for file in train.h5 test.h5 runs/first/best.h5 runs/first/curves.png predicted.h5 ns.h5 runs/ns/best.h5; do
  [ -f "$file" ] || fail "no $file after the first steps: $(find . -type f)"
done
