#!/bin/sh
# How training would scale: the program's reduction on simulated clusters of up to 2,048 ranks (SimGrid), after calibration on 1 and 2 real ranks.
#   sh tests/bench/scale/scale.sh [largest number of ranks]
# Network: the default one on 64 x 64, micro-batches of 5. Writes jobs/results/scaling_simulated.csv and .png. Needs build/release/kitinet, libsimgrid-dev, gnuplot,
# and an idle machine for the calibration; a simulation of 2,048 ranks takes minutes.
set -eu
cd "$(dirname "$0")/../../.."
. jobs/packages.sh
largest="${1:-2048}"
kitinet=build/release/kitinet
results=jobs/results/scaling_simulated.csv
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export OMP_NUM_THREADS=1
cmake -S tests/bench/scale -B build/scale >"$work/log"
cmake --build build/scale >>"$work/log"

# One real rank: seconds of the sweeps of a micro-batch and of an update, fastest of three runs. Processor time, so that other work on the machine counts little.
$kitinet generate -samples 40 -darcy_grid 64 -output "$work/data.h5" >"$work/log"
for round in 1 2 3; do
  times >"$work/before"
  $kitinet train -run "$work/$round" -dataset "$work/data.h5" -train_epochs 3 -log_view >"$work/log" 2>&1
  times >"$work/after"
  cat "$work/before" "$work/after" "$work/log" | tr 'ms' '  ' | awk 'NR == 2 {cpu = -(60 * $1 + $2 + 60 * $3 + $4)} NR == 4 {cpu += 60 * $1 + $2 + 60 * $3 + $4}
    / *Ti e \( ec\):/ {share = cpu / $5} $2 == "forward:" {f = $3 / 24} $2 == "backward:" {b = $3 / 24} $2 == "update:" {u = $3 / 6} END {print f * share, b * share, u * share}'
done | sort -g | head -n 1 >"$work/compute"
read -r forward backward update <"$work/compute"
floats=$($kitinet inspect -input "$work/1/checkpoint.h5" | awk '/ real numbers$/ {print $2}')
bucket=262144 # src/train/reduce.c

# Two real ranks: a message's latency and bandwidth from the fastest reductions of one float and of all; then a whole step, to compare with its simulation.
step() { mpiexec -n 2 build/scale/kitinet-scale "$@"; }
small=$(step 1 1 1 0 0 0 0 300)
whole=$(step "$floats" "$bucket" 1 0 0 0 0 100)
latency=$(awk -v s="$small" 'BEGIN {printf "%.3g", (s / 4)}') # four messages, two of them of the sums
local_bandwidth=$(awk -v n="$floats" -v w="$whole" 'BEGIN {printf "%.4g", 4 * n / w}')
echo "calibration: $forward s forward, $backward s backward, $update s update; 2 ranks: $latency s, $local_bandwidth B/s"

# platform TOPOLOGY BANDWIDTH: of a link, in both directions. Fat tree of 64 leaf switches with 32 ranks and 16 links upwards each (half of full bisection); dragonfly of 16 groups.
platform() {
  case $1 in
    fat_tree) shape='topology="FAT_TREE" topo_parameters="2;32,64;1,16;1,1"' ;;
    dragonfly) shape='topology="DRAGONFLY" topo_parameters="16,2;4,2;8,2;4"' ;;
    pair) shape='' ;;
  esac
  printf '<?xml version="1.0"?>\n<!DOCTYPE platform SYSTEM "https://simgrid.org/simgrid.dtd">\n<platform version="4.1">\n'
  printf '<cluster id="c" prefix="n" suffix="" radical="0-%d" speed="1Gf" bw="%sBps" lat="%s" %s/>\n</platform>\n' "$([ "$1" = pair ] && echo 1 || echo 2047)" "$2" "$3" "$shape"
}
# simulate RANKS OVERLAP: seconds of a step with one micro-batch. No collective is replaced; polling costs nothing; ranks share the memory of their gradients.
simulate() {
  seq -f "n%.0f" 0 $(($1 - 1)) >"$work/hosts"
  smpirun -np "$1" -platform "$work/platform.xml" -hostfile "$work/hosts" --cfg=smpi/simulate-computation:no --cfg=smpi/allreduce:rdb --cfg=smpi/test:1e-7 \
    --cfg=smpi/grow-injected-times:no --cfg=smpi/os:0:1e-6:0 --cfg=smpi/or:0:1e-6:0 --cfg=smpi/auto-shared-malloc-thresh:100000 --log=root.thres:error \
    build/scale/kitinet-scale-simulated "$floats" "$bucket" 1 "$forward" "$backward" "$update" "$2" 1 2>"$work/log"
}
# row KIND TOPOLOGY BANDWIDTH OVERLAP RANKS SECONDS: with the closed form: every float twice through a rank's link, but for its own share; 2 log2(ranks) messages one after
# another; along with backward all but what the last block leaves, a quarter of the gradient, if backward is long enough
row() {
  awk -v kind="$1" -v topology="$2" -v bw="$3" -v overlap="$4" -v p="$5" -v seconds="$6" -v n="$floats" -v f="$forward" -v b="$backward" -v u="$update" 'BEGIN {
    compute = f + b + u
    volume = 2 * 4 * n * (p - 1) / p / bw
    exposed = overlap ? volume / 4 : volume
    if (overlap && volume - 0.75 * b > exposed) exposed = volume - 0.75 * b
    formula = compute + exposed + 2 * log(p) / log(2) * 4e-6
    for (i = 1; i <= 64; i *= 8) {
      more = (i - 1) * (f + b)
      printf "%s,%s,%.4g,%d,%d,%d,%.6f,%.4f,%.6f\n", kind, topology, bw / 1e9, overlap, p, i, seconds + more, (compute + more) / (seconds + more), formula + more
    }}' >>"$results"
}
echo "kind,topology,gbytes_per_second,overlap,ranks,microbatches_of_a_rank,seconds_a_step,efficiency,seconds_closed_form" >$results
platform pair "$local_bandwidth" "$latency" >"$work/platform.xml"
for overlap in 0 1; do
  seconds=$(step "$floats" "$bucket" 1 "$forward" "$backward" "$update" $overlap 30)
  row measured this_machine "$local_bandwidth" $overlap 2 "$seconds"
  seconds=$(simulate 2 $overlap)
  row simulated this_machine "$local_bandwidth" $overlap 2 "$seconds"
done
# Bytes a second for one rank: 100 Gbit/s shared by 32 ranks, by 4, and for one alone.
for ranks in 2 8 64 256 1024 2048; do
  [ "$ranks" -le "$largest" ] || continue
  for topology in fat_tree dragonfly; do
    for bandwidth in 0.39e9 3.1e9 12.5e9; do
      platform $topology $bandwidth 5e-7 >"$work/platform.xml"
      for overlap in 0 1; do
        seconds=$(simulate "$ranks" $overlap)
        row simulated $topology $bandwidth $overlap "$ranks" "$seconds"
      done
    done
  done
  echo "$ranks ranks simulated"
done
gnuplot tests/bench/scale/scale.gnuplot
awk -F, '$1 == "simulated" && $4 == 1 && $5 == 1024' $results
