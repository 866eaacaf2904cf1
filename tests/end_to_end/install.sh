# cmake --install: the program works from there, and a C program finds the library by pkg-config alone; also after the
# tree was moved.
set -eu
. "$(dirname "$0")/common.sh"

cmake --install "$(dirname "$KITINET")" --prefix "$PWD/first" > output
mv first prefix
prefix/bin/kitinet -help > output || fail "the installed program does not run"
grep -q "^  train " output || fail "$(cat output)"
[ -f prefix/share/kitinet/python/kitinet/__init__.py ] || fail "no Python package: $(find prefix/share)"
[ -f prefix/include/kitinet/model.h ] || fail "no headers: $(find prefix)"
grep -q "prepend-path PATH" prefix/share/kitinet/modulefile || fail "no module file: $(find prefix)"
find prefix/share/kitinet/configs -name '*.yaml' | grep -q . || fail "no configs: $(find prefix)"
(cd prefix/share/kitinet && export PATH="$OLDPWD/prefix/bin:$PATH" SLURM_SUBMIT_DIR="$PWD" LAUNCH=env &&
  unset KITINET && bash jobs/generate.sbatch sample 1 -pde darcy -darcy_grid 16) > output 2>&1 ||
  fail "the installed job scripts do not run: $(cat output)"
[ -f prefix/share/kitinet/sample.h5 ] && [ -f prefix/share/kitinet/jobs/submit_pipeline.sh ] ||
  fail "no sample, no pipeline: $(find prefix/share)"

cat > program.c <<'END'
#include <kitinet/random.h>
#include <kitinet/solver.h>
#include <kitinet/trainer.h>

int main(int argc, char **argv)
{
  KNTrainer trainer;

  PetscCall(PetscInitialize(&argc, &argv, NULL, NULL));
  PetscCall(KNTrainerSetFromOptions(&trainer));
  PetscCall(PetscPrintf(PETSC_COMM_WORLD, "%s %s %d\n", KNModelNames()[0], KNSolverNames()[0],
                        (int)(KNPermutation(1, 0, 10, 3) / 10)));
  PetscCall(PetscFinalize());
  return 0;
}
END
PKG_CONFIG_PATH=$(dirname "$(find "$PWD/prefix" -name kitinet.pc)")${PKG_CONFIG_PATH:+:$PKG_CONFIG_PATH}
export PKG_CONFIG_PATH
libraries=$(pkg-config --variable=libdir kitinet)
sanitize=
if ldd "$KITINET" | grep -q libasan; then sanitize=-fsanitize=address,undefined; fi
"${CC:-mpicc}" $sanitize program.c -o program $(pkg-config --cflags --libs kitinet) -Wl,-rpath,"$libraries" \
  > output 2>&1 || fail "$(cat output)"
./program > output || fail "the program does not run: $(cat output)"
grep -q "^fno [a-z]* 0$" output || fail "$(cat output)"

# The surrogate from another program: by CMake in C and Fortran, by pkg-config in PETSc's time loop. All agree with
# kitinet predict.
small_data
train 1 run -train_epochs 2
"$KITINET" generate -darcy_grid 16 -samples 1 -output layered.h5 > /dev/null
mkdir project
cat > project/CMakeLists.txt <<'END'
cmake_minimum_required(VERSION 3.20)
project(examples LANGUAGES C Fortran)
find_package(kitinet 0.2 REQUIRED)
get_target_property(include kitinet::kitinet INTERFACE_INCLUDE_DIRECTORIES)
add_executable(surrogate_c ${EXAMPLES}/surrogate.c)
target_link_libraries(surrogate_c kitinet::kitinet)
add_executable(surrogate_f ${include}/kitinet/kitinet.f90 ${EXAMPLES}/surrogate.f90)
target_link_libraries(surrogate_f kitinet::kitinet)
END
examples=$PWD/prefix/share/kitinet/examples
if [ -z "$sanitize" ]; then
  {
    cmake -S project -B made -DCMAKE_PREFIX_PATH="$PWD/prefix" -DEXAMPLES="$examples" && cmake --build made
  } > output 2>&1 || fail "find_package(kitinet): $(cat output)"
  made/surrogate_c run/best.h5 20 > output 2> message || fail "$(cat output message)"
  [ ! -s message ] || fail "the library prints: $(cat message)"
  grep -q "^kitinet [0-9.]*, darcy: u = [0-9.e-]* 1$" output || fail "$(cat output)"
  value=$(sed 's/.* = \([^ ]*\) .*/\1/' output)
  made/surrogate_f run/best.h5 20 > output 2> message || fail "$(cat output message)"
  close "$value" "$(sed 's/.* //' output)" 1e-5 || fail "C: $value, Fortran: $(cat output)"
  ends 1 made/surrogate_c nowhere.h5 20 > output 2> message
  [ "$(wc -l < message)" -eq 1 ] && grep -q "nowhere.h5" message || fail "$(cat message)"
  ends 1 made/surrogate_c run/best.h5 6 > output 2> message
  grep -q "fewer than twice the 4 modes" message || fail "$(cat message)"
  "${CC:-mpicc}" "$examples/time_loop.c" -o time_loop $(pkg-config --cflags --libs kitinet) \
    -lm -Wl,-rpath,"$libraries" > output 2>&1 || fail "$(cat output)"
  ./time_loop run/best.h5 > output 2> message || fail "$(cat output message)"
  grep -q "^distance from the steady state: [0-9.e-]*$" output || fail "$(cat output message)"
  grep -q "^with the surrogate .* with the solver .*; the states at t = 1 are [0-9.]* % apart$" output ||
    fail "$(cat output message)"
  "${CC:-mpicc}" "$examples/initial_guess.c" -o initial_guess $(pkg-config --cflags --libs kitinet) \
    -lm -Wl,-rpath,"$libraries" > output 2>&1 || fail "$(cat output)"
  ./initial_guess run/best.h5 -n 32 > output 2> message || fail "$(cat output message)"
  grep -q "^linear: [0-9]* iterations from zero, [0-9]* from the surrogate$" output || fail "$(cat output message)"
  grep -q "^nonlinear: [0-9]* steps .* and [0-9]* from the surrogate$" output || fail "$(cat output message)"
fi
