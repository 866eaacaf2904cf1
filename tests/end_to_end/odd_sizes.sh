# kitinet train: the same weights and errors, bit for bit, on 1 to 4 ranks and 1 to 3 threads where no size is round: 9
# channels on 13 x 13 points, 17 x 17 with the padding. No array of a thread is then a whole number of cache lines
# unless its layer makes it one. With every residual, every law of collisions and every dropout.
set -eu
. "$(dirname "$0")/common.sh"
ranks 1 generate -darcy_grid 13 -samples 18 -output odd.h5 > /dev/null
export OMP_WAIT_POLICY=passive # more threads than processors
# Batches of 12 and 6, in micro-batches of 3: one for each rank, a sample for each thread; in the last batch ranks have
# none.
network="-model_modes 4 -model_width 9 -model_head 17 -model_layers 2 -model_padding 0.3 -train_batch 12
  -train_microbatch 3 -train_epochs 2 -train_lr 1e-2"

# odd RANKS THREADS OPTION ..: the run RANKS.THREADS
odd() {
  n=$1 threads=$2
  shift 2
  OMP_NUM_THREADS=$threads ranks $n train -run $n.$threads -dataset odd.h5 \
    -dataset_test odd.h5 $network "$@" > output 2> message < /dev/null || fail "$*: $(cat message)"
}

while read -r options; do
  rm -rf ?.?
  odd 1 1 $options
  course 1.1 > expected
  for run in 1.2 1.3 2.1 3.2 4.3; do
    odd ${run%.*} ${run#*.} $options
    for file in checkpoint.h5 best.h5; do
      cmp $run/$file 1.1/$file || fail "$options: another $file on ${run%.*} ranks with ${run#*.} threads"
    done
    course $run | cmp - expected ||
      fail "$options: other errors on ${run%.*} ranks with ${run#*.} threads: $(cat $run/metrics.csv)"
  done
done << END
-model_residual fno
-model_residual plain
-model_residual plain -model_dropout 0.3 -model_dropout_kind element
-model_residual plain -model_dropout 0.3 -model_dropout_kind residual
-model_residual fno -model_dropout 0.3 -model_dropout_kind channel
-model_residual collision -collision_dimension 3
-model_residual collision -collision_dimension 3 -collision_law uniform -collision_alpha 1 -collision_evaluate sample
-model_residual collision -collision_dimension 3 -collision_law isotropic -collision_train mean
-model_residual fno_collision -collision_dimension 3
-model_residual fno_collision -collision_dimension 1 -collision_law uniform
-model_residual transport -collision_dimension 3
-model_residual transport -collision_dimension 3 -collision_law isotropic
-model_type unet -model_residual collision -collision_dimension 3 -model_norm group
-model_type unet -model_residual transport -collision_dimension 3
END
