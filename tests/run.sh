#!/bin/sh
# Installs what is missing, builds with warnings as errors, runs all tests: sh tests/run.sh [arguments of ctest]
set -eu

cd "$(dirname "$0")/.."
. jobs/packages.sh

cmake --preset ci
cmake --build --preset ci --parallel
ctest --preset ci --parallel 2 "$@"
