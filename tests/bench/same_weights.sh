#!/bin/sh
# The SHA-256 of the weights after short trainings: every residual, four kinds of problems, ranks and threads.
#   sh tests/bench/same_weights.sh KITINET > sums.txt
# Two builds train the same networks bit for bit where diff finds no difference between their sums.
set -eu

kitinet=$(realpath "$1")
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 OMPI_MCA_rmaps_base_oversubscribe=1 \
  OMPI_MCA_mpi_yield_when_idle=1 OMPI_MCA_hwloc_base_binding_policy=none OPENBLAS_NUM_THREADS=1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

$kitinet generate -pde darcy -samples 12 -darcy_grid 16 -output darcy.h5 >&2
$kitinet generate -pde darcy -samples 12 -darcy_grid 13 -output odd.h5 >&2
$kitinet generate -pde burgers -samples 12 -burgers_grid 64 -output burgers.h5 >&2
$kitinet generate -pde navier_stokes -samples 4 -navier_stokes_grid 16 -navier_stokes_final_time 4 \
  -navier_stokes_frames 5 -output flow.h5 >&2

train() { # name, options
  name=$1
  shift
  for ranks in ${RANKS:-1 2}; do
    for threads in ${THREADS:-1 2}; do
      rm -rf run
      if ! OMP_NUM_THREADS=$threads mpiexec -n $ranks "$kitinet" train -run run \
        -train_epochs 2 -train_batch 6 -train_microbatch 2 -model_layers 3 "$@" >log 2>&1; then
        printf '%s ranks %s threads %s %s\n' "$name" $ranks $threads "$(tail -n 1 log)"
        continue
      fi
      printf '%s ranks %s threads %s %s\n' "$name" $ranks $threads \
        "$("$kitinet" inspect -input run/checkpoint.h5 | sed -n 's/^  weights *SHA-256 //p')"
    done
  done
}

for residual in plain fno collision fno_collision transport 'plain -model_dropout 0.2' \
  'fno -model_dropout 0.2 -model_dropout_kind channel' \
  'collision -collision_law uniform -collision_alpha 1' 'collision -collision_train mean'; do
  case $residual in *collision* | transport) dimension="-collision_dimension 3" ;; *) dimension= ;; esac
  train "darcy $residual" -dataset darcy.h5 -model_modes 4 -model_width 8 -model_residual $residual
  train "odd $residual" -dataset odd.h5 -model_width 9 -model_padding 0.3 \
    -model_modes 4 $dimension -model_residual $residual
  train "burgers $residual" -dataset burgers.h5 -model_modes 4 -model_width 8 -model_residual $residual
  train "flow $residual" -dataset flow.h5 -model_width 8 -train_history 2 \
    -train_rollout 2 -model_modes 4 -model_residual $residual
  train "spacetime $residual" -dataset flow.h5 -model_width 8 -model_modes 2 \
    -train_history 2 -train_form spacetime -model_padding 0.3 -model_padding_axes first -model_residual $residual
done
