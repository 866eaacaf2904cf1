# cmake --install: the program works from there, and a C program finds the library by pkg-config alone; also after the tree was moved.
set -eu
. "$(dirname "$0")/common.sh"

cmake --install "$(dirname "$KITINET")" --prefix "$PWD/first" > output
mv first prefix
prefix/bin/kitinet -help > output || fail "the installed program does not run"
grep -q "^  train " output || fail "$(cat output)"
[ -f prefix/include/kitinet/model.h ] || fail "no headers: $(find prefix)"
grep -q "prepend-path PATH" prefix/share/kitinet/modulefile || fail "no module file: $(find prefix)"
find prefix/share/kitinet/configs -name '*.yaml' | grep -q . || fail "no configs: $(find prefix)"
(cd prefix/share/kitinet && export PATH="$OLDPWD/prefix/bin:$PATH" SLURM_SUBMIT_DIR="$PWD" LAUNCH=env && unset KITINET && bash jobs/generate.sbatch sample 1 -pde darcy -darcy_grid 16) > output 2>&1 ||
  fail "the installed job scripts do not run: $(cat output)"
[ -f prefix/share/kitinet/sample.h5 ] && [ -f prefix/share/kitinet/jobs/submit_pipeline.sh ] || fail "no sample, no pipeline: $(find prefix/share)"

cat > program.c <<'END'
#include <kitinet/random.h>
#include <kitinet/solver.h>
#include <kitinet/trainer.h>

int main(int argc, char **argv)
{
  KNTrainer trainer;

  PetscCall(PetscInitialize(&argc, &argv, NULL, NULL));
  PetscCall(KNTrainerSetFromOptions(&trainer));
  PetscCall(PetscPrintf(PETSC_COMM_WORLD, "%s %s %d\n", KNModelNames()[0], KNSolverNames()[0], (int)(KNPermutation(1, 0, 10, 3) / 10)));
  PetscCall(PetscFinalize());
  return 0;
}
END
PKG_CONFIG_PATH=$(dirname "$(find "$PWD/prefix" -name kitinet.pc)")${PKG_CONFIG_PATH:+:$PKG_CONFIG_PATH}
export PKG_CONFIG_PATH
libraries=$(pkg-config --variable=libdir kitinet)
sanitize=
if ldd "$KITINET" | grep -q libasan; then sanitize=-fsanitize=address,undefined; fi
"${CC:-mpicc}" $sanitize program.c -o program $(pkg-config --cflags --libs kitinet) -Wl,-rpath,"$libraries" > output 2>&1 || fail "$(cat output)"
./program > output || fail "the program does not run: $(cat output)"
grep -q "^fno [a-z]* 0$" output || fail "$(cat output)"
