#!/bin/sh
# Other builds than the default one: everything is built, and the tests with a label run, quick or unit. tests/run.sh
# runs both after all tests.
#   sh tests/stages.sh              all stages
#   sh tests/stages.sh clang        one of them
set -eu

cd "$(dirname "$0")/.."
. tests/packages.sh

# stage NAME LABEL OPTIONS_OF_CMAKE ...: in build/NAME
stage() {
  name=$1 label=$2
  shift 2
  began=$(date +%s)
  echo "== stage $name"
  cmake -B "build/$name" -DKN_WERROR=ON -DKN_TEST_FUZZ=OFF -DKN_MANUAL=OFF "$@" > "build/$name.log"
  cmake --build "build/$name" --parallel "$(nproc)" >> "build/$name.log" || { tail -n 60 "build/$name.log"; exit 1; }
  echo "   built in $(($(date +%s) - began)) s"
  ctest --test-dir "build/$name" -L "$label" --parallel 2 --output-on-failure --quiet -O "build/$name.tests" ||
    { cat "build/$name.tests"; exit 1; }
  tail -n 3 "build/$name.tests"
  echo "   done in $(($(date +%s) - began)) s"
}

mkdir -p build
[ $# -gt 0 ] || set -- sanitize clang
for wanted; do
  case $wanted in
  # AddressSanitizer and UBSan; fresh memory is filled with NaN (KN_DEBUG)
  sanitize) stage sanitize quick -DCMAKE_BUILD_TYPE=Debug -DCMAKE_C_FLAGS=-O1 -DKN_SANITIZE=ON ;;
  # Another compiler, instructions that every machine has, no optional libraries (their tests are skipped)
  clang) KN_NO_SKIPS='' stage clang unit -DCMAKE_C_COMPILER=clang -DKN_NATIVE=OFF -DKN_MATIO=OFF -DKN_XSMM=OFF ;;
  *) echo "stages: no stage \"$wanted\": sanitize, clang" >&2; exit 2 ;;
  esac
done
