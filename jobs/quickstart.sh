#!/bin/sh
# The main job, on a fresh Debian 12 machine: sh jobs/quickstart.sh
#
# Installs what is missing, builds, then on 2 MPI ranks: generates Darcy data with PETSc, trains a plain residual
# Fourier neural operator and KITINet for the same number of steps, evaluates both at two resolutions, also averaged
# over the eight symmetries of the square; ends with tables and pictures. What is there already is used again: an
# interrupted quickstart goes on where it stopped.
set -eu

cd "$(dirname "$0")/.."
. jobs/packages.sh

epochs="${EPOCHS:-30}"
ranks="${RANKS:-2}"
work=build/quickstart
data=$work/data

echo "== building"
cmake --preset release >build.log 2>&1 || { cat build.log; rm -f build.log; exit 1; }
mkdir -p "$data"
mv build.log $work/build.log
cmake --build --preset release --parallel "$(nproc)" --target kitinet >>$work/build.log 2>&1 || {
  tail -n 40 $work/build.log
  exit 1
}
kitinet=build/release/kitinet

run() {
  mpiexec -n "$ranks" "$kitinet" "$@"
}

# generate FILE OPTIONS...: unless it is there
generate() {
  file=$1
  shift
  [ -f "$file" ] || run generate -pde darcy -darcy_grid 64 -seed 1 -output "$file" "$@"
}

echo "== data: Darcy flow on 64 x 64 cells, permeability 3 or 12"
generate $data/train.h5 -samples 1000 -darcy_resolution 32
generate $data/test_32.h5 -samples 200 -first 1000 -darcy_resolution 32
generate $data/test_64.h5 -samples 200 -first 1000

for residual in plain transport; do
  echo "== training on 32 x 32, residual $residual"
  run train -run $work/$residual -dataset $data/train.h5 -dataset_test $data/test_32.h5 \
    -model_residual $residual -train_epochs "$epochs" -train_lr 0.016 -train_weight_decay 3e-5
done

echo "== evaluating on the training set, on new samples, and on new samples at a resolution never trained on"
datasets=$data/train.h5,$data/test_32.h5,$data/test_64.h5
run evaluate -run $work/plain,$work/transport -dataset $datasets -output $work/errors.csv

echo "== the same, each prediction averaged over the eight symmetries of the square"
run evaluate -run $work/plain,$work/transport -dataset $datasets -symmetry_average 8 -picture false \
  -output $work/errors_averaged.csv

cat <<END

All of it is in $work: data, runs (plain, transport), errors.csv, errors_averaged.csv.
Look at   $work/transport/fields_test_64.png, $work/plain/curves.png
Try next  $kitinet train -help                       every option, explained
          RANKS=4 EPOCHS=200 sh jobs/quickstart.sh   longer (remove $work/plain and $work/transport first)
          mpiexec -n 2 $kitinet train -run $work/collision -model_residual collision \\
            -dataset $data/train.h5 -dataset_test $data/test_32.h5
END
