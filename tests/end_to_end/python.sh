# The Python package: predictions, datasets, messages, and the wheel (python.py has the checks).
set -eu
. "$(dirname "$0")/common.sh"
python=
for candidate in /usr/bin/python3 python3; do
  if "$candidate" -c "import numpy" > /dev/null 2>&1; then python=$candidate; break; fi
done
[ -n "$python" ] || skip "no Python with numpy"
export PYTHONPATH="$KITINET_SOURCE/src/library/python" PYTHONDONTWRITEBYTECODE=1
KITINET_LIBRARY=$(dirname "$KITINET")/libkitinet.so
export KITINET_LIBRARY

small_data
train 1 run -train_epochs 1 || fail "$(cat message)"
train 1 other -train_epochs 1 -seed 2 || fail "$(cat message)"
# The library takes up to 8 samples at a time; products of other shapes round otherwise on some processors.
ranks 1 predict -checkpoint run/best.h5 -input fine.h5 -predict_batch 8 -output predicted.h5 > output 2> message ||
  fail "$(cat message)"
ranks 1 generate -pde navier_stokes -navier_stokes_grid 16 -navier_stokes_final_time 4 \
  -navier_stokes_frames 5 -samples 6 \
  -output frames.h5 > output 2> message || fail "$(cat message)"
ranks 1 train -run time -dataset frames.h5 $network -train_history 2 -train_epochs 1 > output 2> message ||
  fail "$(cat message)"
ranks 1 predict -checkpoint time/best.h5 -input frames.h5 -predict_batch 8 -output rolled.h5 > output 2> message ||
  fail "$(cat message)"
ranks 1 generate -pde burgers -burgers_grid 256 -burgers_resolution 16 -burgers_viscosity 0.05:0.1 -samples 6 \
  -output ranged.h5 > output 2> message || fail "$(cat message)"
ranks 1 train -run ranged -dataset ranged.h5 $network -train_epochs 1 > output 2> message || fail "$(cat message)"
ranks 1 predict -checkpoint ranged/best.h5 -input ranged.h5 -predict_batch 8 -output ranged_predicted.h5 > output \
  2> message || fail "$(cat message)"
"$(dirname "$PWD")/task_tool" classes kinds.h5 3 12 0 kind 16 16
ranks 1 train -run kinds -dataset kinds.h5 $network -train_epochs 1 > output 2> message || fail "$(cat message)"
ranks 1 predict -checkpoint kinds/best.h5 -input kinds.h5 -predict_batch 8 \
  -output kinds_predicted.h5 > output 2> message ||
  fail "$(cat message)"
cp test.h5 damaged.h5
damage damaged.h5 $(($(wc -c < damaged.h5) - 5000))
limited "$python" "$(dirname "$0")/python.py" "$KITINET_SOURCE/tests/golden" > output 2> message ||
  fail "$(cat output message)"

# The wheel has the package and nothing else.
if "$python" -c "import setuptools, wheel, pip" > /dev/null 2>&1; then
  cp -r "$PYTHONPATH" source
  limited "$python" -m pip wheel --no-deps --no-build-isolation --no-index -q -w wheels ./source > output 2>&1 ||
    fail "no wheel: $(cat output)"
  version=$("$KITINET" -version | cut -d ' ' -f 2)
  "$python" -m zipfile -l "wheels/kitinet-$version-py3-none-any.whl" > output || fail "$(ls wheels)"
  for file in __init__ _library _version dataset spaces surrogate; do
    grep -q "kitinet/$file.py" output || fail "the wheel lacks $file.py: $(cat output)"
  done
  grep -q "kitinet/py.typed" output || fail "the wheel lacks py.typed"
else
  missing="$missing python3-pip python3-setuptools python3-wheel"
fi
complete
