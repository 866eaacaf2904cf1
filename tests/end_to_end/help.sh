# kitinet COMMAND -help explains the options of that command and creates nothing; -log_view shows where the time goes.
set -eu
. "$(dirname "$0")/common.sh"

ranks 1 -help > output
sed -n 's/^  \([a-z]*\) .*/\1/p' output | sort > commands
sed -n '/^| command | does |/,/^$/s/^| `\([a-z]*\)`.*/\1/p' "$KITINET_SOURCE/README.md" | sort > listed
diff commands listed > message || fail "README.md lists other commands than kitinet -help: $(cat message)"
for command in $(sed -n 's/^  \([a-z]*\) .*/\1/p' output); do
  ranks 1 $command -help > output 2> message || fail "$command -help: $(cat message)"
  [ ! -s message ] || fail "$command -help complains: $(cat message)"
  grep -q "^kitinet $command: " output || fail "$command -help: $(head -n 1 output)"
  if grep -E '^ *-(ksp|pc|mat|vec|snes|ts|dm)_' output; then fail "$command -help lists options of PETSc"; fi
  # Each option is explained once, with words.
  grep '^  -' output > options
  if grep -v '^  -[a-z0-9_]*  *[A-Za-z]' options; then fail "an option of $command without help"; fi
  [ -z "$(cut -d ' ' -f 3 options | sort | uniq -d)" ] ||
    fail "$command explains an option twice: $(cut -d ' ' -f 3 options | sort | uniq -d)"
done
ranks 1 train -help -run new -dataset nowhere.h5 > output || fail "train -help with other options"
grep -q -e "-collision_rate" output || fail "train -help without the options of collisions"
[ "$(find . -type d)" = . ] || fail "-help made a directory"
ranks 1 -version | grep -q "^kitinet [0-9.]*$" || fail "$(ranks 1 -version)"

ranks 1 generate -darcy_grid 16 -samples 24 -output train.h5 -log_view > output
grep -q "^ *[0-9]*: *generate: " output || fail "no stage generate: $(grep Stage output)"
train 2 run -train_epochs 2 -log_view
for stage in load forward backward reduce update checkpoint; do
  grep -q "^ *[0-9]*: *$stage: " output || fail "no stage $stage: $(grep Stage output)"
done
# Layers of each type, with a count that is not 0; floating-point operations of the costly ones.
for event in linear spectral kinetic perceptron "linear back" "spectral back" "kinetic back" "perceptron back"; do
  grep -q "^$event  *[1-9][0-9]* [0-9.]* [0-9.e+-]* [0-9.]* [1-9][.0-9]*e+0[3-9]" output ||
    fail "no event $event with operations in -log_view"
done
