#!/bin/sh
# Which lines and functions the tests reach: sh tests/coverage.sh [arguments of ctest, by default -L
# "unit|parallel|end_to_end"] Prints a table of the folders and the functions that no test calls;
# build/coverage/functions.txt has all of them.
set -eu

cd "$(dirname "$0")/.."
. tests/packages.sh

mkdir -p build
[ $# -gt 0 ] || set -- -L "unit|parallel|end_to_end"
cmake -B build/coverage -DCMAKE_BUILD_TYPE=Debug -DKN_NATIVE=OFF -DKN_TEST_FUZZ=OFF -DKN_MANUAL=OFF \
  -DCMAKE_C_FLAGS="--coverage -O1 -fprofile-update=atomic" > build/coverage.log
cmake --build build/coverage --parallel "$(nproc)" >> build/coverage.log || { tail -n 60 build/coverage.log; exit 1; }
find build/coverage -name '*.gcda' -delete
ctest --test-dir build/coverage --parallel 2 --quiet -O build/coverage/tests.log "$@" ||
  echo "some tests failed: build/coverage/tests.log"

# One record for each function: file, line, calls. A file is compiled several times (float, double): calls add up.
cd build/coverage
rm -rf gcov
mkdir gcov
find . -name '*.gcda' -path '*kitinet_*.dir*' | while read -r data; do
  gcov --json-format --stdout "$data" 2> gcov/messages
  echo
done | python3 ../../tests/coverage.py > functions.txt
cat functions.txt
