#!/bin/sh
# Installs what is missing, builds with warnings as errors, runs all tests: sh tests/run.sh [arguments of ctest]
# Without arguments other builds follow (stages.sh), unless KN_STAGES=0.
set -eu

cd "$(dirname "$0")/.."
. tests/packages.sh

export KN_NO_SKIPS="${KN_NO_SKIPS:-${CI:-}}" # continuous integration leaves out no test

cmake --preset ci
cmake --build --preset ci --parallel "$(nproc)" # without a number make starts all at once
ctest --preset ci --parallel 2 "$@"
[ $# -gt 0 ] || [ "${KN_STAGES:-1}" = 0 ] || sh tests/stages.sh
