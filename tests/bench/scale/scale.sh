#!/bin/sh
# How training would scale: the program's reduction on simulated clusters of up to 4,096 ranks (SimGrid), after
# calibration on 1 and 2 real ranks.
#   sh tests/bench/scale/scale.sh calibrate      on an idle machine, half a minute:
#   jobs/results/scaling_simulated.calibration, and an empty table
#   sh tests/bench/scale/scale.sh [ranks ...]    2 8 64 256 1024 2048: simulates what jobs/results/scaling_simulated.csv
#   does not hold yet; then the picture
#   BFLOAT16=true BANDWIDTHS=3.1 OVERLAPS=1 sh tests/bench/scale/scale.sh 1024 4096    with -train_reduction tree_bf16,
#   for a part of the networks
# Network: the default one on 64 x 64, micro-batches of 5. Needs build/release/kitinet for the calibration,
# libsimgrid-dev, gnuplot. A simulation of 1,024 ranks took 16 to 54 s of one thread and 0.7 GB, the one of 2,048 that
# was tried (dragonfly, 3.1 GB/s, with overlap) 124 s; several may run at a time with different ranks.
set -eu
cd "$(dirname "$0")/../../.."
. jobs/packages.sh
kitinet=build/release/kitinet
results=jobs/results/scaling_simulated.csv
calibration=jobs/results/scaling_simulated.calibration
bucket=262144 # src/train/reduce.c
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export OMP_NUM_THREADS=1
. tests/bench/scale/simulate.sh
# several may start at a time
flock build sh -c 'cmake -S tests/bench/scale -B build/scale && cmake --build build/scale' >"$work/log"
step() { mpiexec -n 2 build/scale/kitinet-scale "$@"; }

# One real rank: seconds of the sweeps of a micro-batch and of an update, fastest of three runs. Two real ranks: a
# message's latency and bandwidth from the fastest reductions of one float and of all; then whole steps, to compare with
# their simulation.
calibrate() {
  $kitinet generate -samples 40 -darcy_grid 64 -output "$work/data.h5" >"$work/log"
  for round in 1 2 3; do
    $kitinet train -run "$work/$round" -dataset "$work/data.h5" -train_epochs 6 -log_view >"$work/log" 2>&1
    awk '$2 == "forward:" {f = $3 / 48} $2 == "backward:" {b = $3 / 48}
      $2 == "update:" {u = $3 / 12} END {print f, b, u}' "$work/log"
  done | sort -g | head -n 1 >"$work/compute"
  read -r forward backward update <"$work/compute"
  floats=$($kitinet inspect -input "$work/1/checkpoint.h5" | awk '/ real numbers$/ {print $2}')
  latency=$(step 1 1 1 1 0 0 0 0 300 | awk '{printf "%.3g", $1 / 4}') # four messages, two of them of the sums
  local_bandwidth=$(step "$floats" "$floats" "$bucket" 1 0 0 0 0 100 | awk -v n="$floats" '{printf "%.4g", 4 * n / $1}')
  without=$(step "$floats" "$floats" "$bucket" 1 "$forward" "$backward" "$update" 0 30)
  with=$(step "$floats" "$floats" "$bucket" 1 "$forward" "$backward" "$update" 1 30)
  for name in floats forward backward update latency local_bandwidth without with; do
    eval "echo $name=\$$name"
  done >$calibration
  cat $calibration
  rm -f $results # a table has one calibration
}
if [ "${1:-}" = calibrate ]; then
  calibrate
  exit
fi
[ -f $calibration ] || calibrate
# shellcheck disable=SC1090 # measured on this machine
. "$calibration"

# simulate RANKS OVERLAP: seconds of a step with one micro-batch. With overlap a message that just misses a poll waits
# for the next one, after a twentieth of backward; so no setting is more certain than 1 or 2 %.
simulate() {
  simulated "$1" build/scale/kitinet-scale-simulated "$floats" "$exact" "$bucket" 1 "$forward" "$backward" "$update" \
    "$2" 1
}
# row KIND TOPOLOGY BANDWIDTH OVERLAP RANKS SECONDS: with the closed form: every float twice through a rank's link, but
# for its own share; 2 log2(ranks) messages one after another; along with backward all but what the last block leaves, a
# quarter of the gradient, if what backward takes from the first block's gradient on, 0.55 of it, is long enough
row() {
  awk -v kind="$1" -v topology="$2" -v bw="$3" -v overlap="$4" -v p="$5" -v seconds="$6" \
    -v n="$floats" -v f="$forward" -v b="$backward" -v u="$update" 'BEGIN {
    compute = f + b + u
    volume = 2 * (kind == "simulated_bf16" ? 2 : 4) * n * (p - 1) / p / bw
    exposed = overlap ? volume / 4 : volume
    if (overlap && volume - 0.55 * b > exposed) exposed = volume - 0.55 * b
    formula = compute + exposed + 2 * log(p) / log(2) * 4e-6
    for (i = 1; i <= 64; i *= i == 2 ? 4 : i == 1 ? 2 : 8) {
      more = (i - 1) * (f + b)
      printf "%s,%s,%.4g,%d,%d,%d,%.6f,%.4f,%.6f\n", kind, topology, bw / 1e9, overlap, p, i, seconds + more,
        (compute + more) / (seconds + more), formula + more
    }}' >>"$results"
}
if [ ! -f $results ]; then
  columns=microbatches_of_a_rank,seconds_a_step,efficiency,seconds_closed_form
  echo "kind,topology,gbytes_per_second,overlap,ranks,$columns" >$results
  platform pair "$local_bandwidth" "$latency" >"$work/platform.xml"
  exact=$floats
  row measured this_machine "$local_bandwidth" 0 2 "$without"
  row measured this_machine "$local_bandwidth" 1 2 "$with"
  for overlap in 0 1; do row simulated this_machine "$local_bandwidth" $overlap 2 "$(simulate 2 $overlap)"; done
fi
# Bytes a second for one rank: 100 Gbit/s shared by 32 ranks, by 4, and for one alone.
kind=simulated exact=$floats
if [ "${BFLOAT16:-false}" = true ]; then kind=simulated_bf16 exact=0; fi
for overlap in ${OVERLAPS:-1 0}; do
  for bandwidth in ${BANDWIDTHS:-3.1 12.5 0.39}; do
    for ranks in ${*:-2 8 64 256 1024 2048}; do
      for topology in fat_tree dragonfly; do
        ! grep -q "^$kind,$topology,$bandwidth,$overlap,$ranks," $results || continue
        platform $topology ${bandwidth}e9 5e-7 "$ranks" >"$work/platform.xml"
        seconds=$(simulate "$ranks" $overlap)
        row $kind $topology ${bandwidth}e9 $overlap "$ranks" "$seconds"
      done
    done
  done
done
gnuplot tests/bench/scale/scale.gnuplot
awk -F, -f tests/bench/scale/scale.awk $results
