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

# platform TOPOLOGY BANDWIDTH LATENCY [RANKS]: bandwidth of a link, in both directions. Fat tree of 64 leaf switches
# with 32 ranks and 16 links upwards each (half of full bisection); dragonfly of 16 groups, each of 2 chassis with 16
# routers of 4 ranks, two links between any two groups. Beyond 2,048 ranks the tree has 128 leaf switches, the dragonfly
# 32 groups of 2 chassis with 32 routers of 2 ranks. SimGrid's routes take the router with the number of the other
# group: a chassis needs as many routers as there are groups, with fewer smpirun ends in a segmentation fault.
# Acknowledgements take 5 % of the other direction; as ranks exchange equal messages, they are taken off the bandwidth
# (see simulate).
platform() {
  last=2047
  case $1 in
    fat_tree) shape='topology="FAT_TREE" topo_parameters="2;32,64;1,16;1,1"' ;;
    dragonfly) shape='topology="DRAGONFLY" topo_parameters="16,2;2,2;16,2;4"' ;;
    pair) shape='' last=1 ;;
  esac
  if [ "${4:-2}" -gt 2048 ]; then
    last=4095
    case $1 in
      fat_tree) shape='topology="FAT_TREE" topo_parameters="2;32,128;1,16;1,1"' ;;
      dragonfly) shape='topology="DRAGONFLY" topo_parameters="32,2;2,2;32,2;2"' ;;
    esac
  fi
  printf '%s\n' '<?xml version="1.0"?>' '<!DOCTYPE platform SYSTEM "https://simgrid.org/simgrid.dtd">' \
    '<platform version="4.1">'
  printf '<cluster id="c" prefix="n" suffix="" radical="0-%d" speed="1Gf" bw="%sBps" lat="%s" %s/>\n</platform>\n' \
    $last \
    "$(echo "$2" | awk '{printf "%.0f", $1 / 1.05}')" "$3" "$shape"
}
# simulate RANKS OVERLAP: seconds of a step with one micro-batch. No collective is replaced; polling costs nothing;
# ranks share the memory of their gradients (in blocks larger than those: a mapping each, not one a MiB) and the
# program's data, of which nothing is global. Events within 0.1 microseconds are one, and acknowledgements no flows of
# their own: against 1e-9 s and such flows, on 64 and 256 ranks at 0.39 and 3.1 GB/s, a step (calibrated before, 25 ms a
# micro-batch) differs by at most 0.04 % on the fat tree, on the dragonfly by 0.4 % at 3.1 GB/s and by 2 % at 0.39. With
# overlap a message that just misses a poll waits for the next one, after a twentieth of backward; so no setting is more
# certain than 1 or 2 %.
simulate() {
  seq -f "n%.0f" 0 $(($1 - 1)) >"$work/hosts"
  smpirun -np "$1" -platform "$work/platform.xml" \
    -hostfile "$work/hosts" --cfg=smpi/simulate-computation:no --cfg=smpi/allreduce:rdb --cfg=smpi/test:1e-7 \
    --cfg=smpi/grow-injected-times:no --cfg=smpi/os:0:1e-6:0 --cfg=smpi/or:0:1e-6:0 \
    --cfg=smpi/auto-shared-malloc-thresh:100000 --cfg=smpi/shared-malloc-blocksize:16777216 \
    --cfg=smpi/privatization:no --cfg=surf/precision:1e-7 --cfg=network/crosstraffic:0 --log=root.thres:error \
    build/scale/kitinet-scale-simulated "$floats" "$exact" "$bucket" 1 "$forward" "$backward" "$update" "$2" 1 \
    2>"$work/log"
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
