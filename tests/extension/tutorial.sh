# The tutorial of solvers/README.md: its solver, reaction.c, compiled with the program's libraries (CMakeLists.txt), is
# right; its commands train an operator of it, in fewer epochs.
set -eu
. "$(dirname "$0")/../end_to_end/refused.sh"
empty_folder
tool=$(dirname "$PWD")/../end_to_end/dataset_tool
sed -n '/^## Your own PDE/,$p' "$KITINET_SOURCE/solvers/README.md" | sed -n '/^```sh$/,/^```$/p' |
  sed '/^```/d' > commands
[ "$(grep -c '^\$kitinet' commands)" -ge 5 ] || fail "solvers/README.md has no tutorial: $(cat commands)"
# What the document copies and adds is what CMakeLists.txt compiled.
source=$(sed -n 's/^cp \([^ ]*\) solvers\/$/\1/p' commands)
[ "$source" = tests/extension/reaction.c ] && [ -f "$KITINET_SOURCE/$source" ] || fail "the document copies \"$source\""
line=$(sed -n "s/^echo '\(.*\)' >> solvers\/solver_list.h$/\1/p" commands)
[ -n "$line" ] && grep -q -x -F "$line" "$(dirname "$PWD")/lists/solver_list.h" || fail "the document adds \"$line\""
KITINET=$(dirname "$PWD")/tutorial_kitinet
kitinet="limited $KITINET"
sed '/^cp /d; /^echo /d; /^cmake /d; /^kitinet=/d; s/-train_epochs 20/-train_epochs 3/' commands > steps
. ./steps > output 2> message || fail "$(cat output message)"
grep -q -e "-reaction_diffusivity  *nu" output || fail "its options have no help"
awk -F , 'END { exit !($3 < 0.1) }' runs/reaction/metrics.csv ||
  fail "nothing is learned: $(tail -n 2 runs/reaction/metrics.csv)"

# Against the exact solution for k near 1 everywhere (no random part): u = 1 - cosh((x - 1/2) / sqrt nu) / cosh(1 / (2
# sqrt nu)); order 2.
for n in 64 128; do
  $kitinet generate -pde reaction -samples 1 -reaction_grid $n -reaction_field_scale 1e-12 \
    -output exact.$n.h5 > output 2> message || fail "$(cat message)"
  "$tool" floats exact.$n.h5 y | od -An -v -t f4 -w4 | awk -v n=$n 'function cosh(z) { return (exp(z) + exp(-z)) / 2 }
    { e = 1 - cosh(((NR - 0.5) / n - 0.5) / 0.1) / cosh(5) - $1; if (e < 0) e = -e; if (e > worst) worst = e } END {
      print worst }' > worst.$n
done
awk -v a="$(cat worst.64)" -v b="$(cat worst.128)" 'BEGIN { exit !(b < 1e-3 && a / b > 3.6 && a / b < 4.4) }' ||
  fail "errors $(cat worst.64), $(cat worst.128) on 64 and 128 cells are not of order 2"
