#!/bin/sh
# Other builds than the default: everything is built, and the tests with the label quick run.
#   sh tests/stages.sh                     all stages
#   sh tests/stages.sh debug clang         some of them
# KN_STAGES=1 sh tests/run.sh runs them after all tests of the default build.
set -eu

cd "$(dirname "$0")/.."
. tests/packages.sh

# stage NAME OPTIONS_OF_CMAKE ...: in build/NAME
stage() {
  name=$1; shift
  began=$(date +%s)
  echo "== stage $name"
  cmake -B "build/$name" -DKN_WERROR=ON -DKN_TEST_FUZZ=OFF -DKN_MANUAL=OFF "$@" > "build/$name.log"
  cmake --build "build/$name" --parallel "$(nproc)" >> "build/$name.log" || { tail -n 60 "build/$name.log"; exit 1; }
  echo "   built in $(($(date +%s) - began)) s"
  ctest --test-dir "build/$name" -L quick --parallel 2 --output-on-failure --quiet -O "build/$name.tests" ||
    { cat "build/$name.tests"; exit 1; }
  tail -n 3 "build/$name.tests"
  echo "   done in $(($(date +%s) - began)) s"
}

mkdir -p build
[ $# -gt 0 ] || set -- sanitize debug portable clang
for wanted; do
  case $wanted in
  sanitize) stage sanitize -DCMAKE_BUILD_TYPE=RelWithDebInfo -DKN_SANITIZE=ON ;;
  debug) stage debug -DCMAKE_BUILD_TYPE=Debug -DKN_NATIVE=OFF ;; # fresh memory is filled with NaN
  portable) KN_NO_SKIPS='' stage portable -DKN_NATIVE=OFF -DKN_MATIO=OFF -DKN_XSMM=OFF ;; # what needs matio is skipped
  clang) stage clang -DCMAKE_C_COMPILER=clang ;;
  *) echo "stages: no stage \"$wanted\": sanitize, debug, portable, clang" >&2; exit 2 ;;
  esac
done
