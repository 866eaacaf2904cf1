#!/bin/sh
# ThreadSanitizer over what has threads: the executor and its layers (OpenMP), the loader, the reduction, the surrogate
# library.
#   sh tests/threads.sh
# clang builds it: its OpenMP library tells ThreadSanitizer of barriers and joins (Archer), which gcc's libgomp does
# not, so that every parallel loop would seem a race. Reports end the tests. MPI, HDF5 and PETSc are not instrumented
# and are left out.
set -eu

cd "$(dirname "$0")/.."
. tests/packages.sh

programs="layers model recipes loader reduce surrogate record"
archer=$(find /usr/lib/llvm-* -name libarcher.so | head -n 1)
[ -n "$archer" ] || { echo "threads: no libarcher.so: install Debian's libomp-dev" >&2; exit 1; }
targets=
for program in $programs; do targets="$targets test_$program"; done
cmake -B build/threads -DCMAKE_C_COMPILER=clang -DCMAKE_BUILD_TYPE=RelWithDebInfo -DKN_TEST_FUZZ=OFF -DKN_MANUAL=OFF \
  -DCMAKE_C_FLAGS="-fsanitize=thread" > build/threads.log
# shellcheck disable=SC2086 # words
cmake --build build/threads --parallel "$(nproc)" --target $targets >> build/threads.log ||
  { tail -n 60 build/threads.log; exit 1; }
export OMP_NUM_THREADS=3 OMP_TOOL_LIBRARIES="$archer" OPENBLAS_NUM_THREADS=1
export TSAN_OPTIONS="ignore_noninstrumented_modules=1 halt_on_error=1 exitcode=66 history_size=5"
export ARCHER_OPTIONS="verbose=1"
failed=0
for program in $programs; do
  echo "== $program"
  mkdir -p "build/threads/run/$program"
  code=0
  (cd "build/threads/run/$program" && "$(find ../.. -name "test_$program" -type f)") \
    > "build/threads/run/$program.log" 2>&1 || code=$?
  grep -q "Archer detected OpenMP application" "build/threads/run/$program.log" ||
    echo "   without threads of OpenMP"
  [ $code -eq 0 ] || { failed=1; echo "   exit code $code"; head -n 60 "build/threads/run/$program.log"; }
done
exit $failed
