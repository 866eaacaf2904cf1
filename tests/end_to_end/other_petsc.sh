# A PETSc of other integers or numbers is refused when the build is configured, and by the compiler.
set -eu
. "$(dirname "$0")/refused.sh"
empty_folder
command -v mpicc > /dev/null && command -v cmake > /dev/null || skip "no compiler"
if cmake -S "$KITINET_SOURCE" -B other -DBUILD_TESTING=OFF -DCMAKE_C_FLAGS=-DPETSC_USE_64BIT_INDICES=1 \
  > output 2>&1; then
  fail "configured: $(cat output)"
fi
grep -q "This PETSc has 64-bit integers, complex numbers or other reals" output || fail "$(cat output)"
echo '#include <kitinet/base.h>' > one.c
flags="$(pkg-config --cflags PETSc 2> /dev/null || pkg-config --cflags petsc) -I$KITINET_SOURCE/include -fsyntax-only"
mpicc $flags one.c > output 2>&1 || fail "base.h alone: $(cat output)"
for other in -DPETSC_USE_64BIT_INDICES=1 -UPETSC_USE_REAL_DOUBLE; do
  [ $other = -UPETSC_USE_REAL_DOUBLE ] &&
    printf '#include <petscsys.h>\n#undef PETSC_USE_REAL_DOUBLE\n#include <kitinet/base.h>\n' > one.c
  if mpicc $flags $other one.c > output 2>&1; then fail "compiled with $other"; fi
  grep -q "KITINet needs a PETSc with 32-bit integers and real numbers of 64 bits" output || fail "$(cat output)"
done
