# tutorial_sources.sh README SOLVERS FOLDER: the tutorial's solver as README.md prints it, and the registry with the line that it adds, in FOLDER/solvers.
set -eu
rm -rf "$3/solvers"
mkdir -p "$3/solvers"
cp "$2/solver.c" "$2/solver_list.h" "$3/solvers"
tutorial=$(sed -n '/^## Your own PDE/,/^## Measured/p' "$1")
echo "$tutorial" | sed -n '/^```c$/,/^```$/p' | sed '/^```/d' > "$3/solvers/reaction.c"
cd "$3"
eval "$(echo "$tutorial" | grep '^echo .* >> solvers/solver_list.h$')"
