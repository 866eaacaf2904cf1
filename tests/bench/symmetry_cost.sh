#!/bin/sh
# What symmetries cost: epochs of a training with and without them, in turn, on one rank with one thread.
#   sh tests/bench/symmetry_cost.sh [rounds]
# Prints, for each equation, the ratio of the seconds of an epoch (medians over epochs, then over rounds). Needs
# build/release/kitinet.
set -eu
cd "$(dirname "$0")/../.."
kitinet=$PWD/build/release/kitinet
rounds="${1:-5}"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
export OMP_NUM_THREADS=1

median() { sort -n | awk '{v[NR] = $1} END {print v[int((NR + 1) / 2)]}'; }

# compare NAME: train NAME.h5 both ways
compare() {
  for round in $(seq "$rounds"); do
    for symmetry in off on; do
      $kitinet train -run "$1-$round-$symmetry" -dataset "$1.h5" -train_symmetry $symmetry \
        -train_epochs 6 -checkpoint_every 6 > log 2>&1
      # differences of the column seconds, without the first epoch
      awk -F, 'NR > 2 {print $5 - last} {last = $5}' "$1-$round-$symmetry/metrics.csv" | median >> "$1.$symmetry"
    done
  done
  off=$(median < "$1.off") on=$(median < "$1.on")
  awk -v name="$1" -v off="$off" \
    -v on="$on" 'BEGIN {printf "%s: %.4f s without, %.4f s with, ratio %.3f\n", name, off, on, on / off}'
}

$kitinet generate -samples 200 -darcy_grid 64 -output darcy.h5 > log 2>&1
$kitinet generate -pde navier_stokes -navier_stokes_grid 64 -navier_stokes_frames 5 \
  -navier_stokes_final_time 2 -samples 50 -output flow.h5 > log 2>&1
compare darcy
compare flow
