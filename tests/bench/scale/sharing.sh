#!/bin/sh
# How much sooner a sample is done that 2 to 64 ranks share (-ranks_per_sample): the default network on 1024 x 1024 on
# simulated clusters (SimGrid), one sample at a time and 16.
#   sh tests/bench/scale/sharing.sh calibrate    a minute of an idle core: the times of slabs of 1024 / ranks rows,
#   jobs/results/sharing_simulated.calibration, and an empty table
#   sh tests/bench/scale/sharing.sh              simulates what jobs/results/sharing_simulated.csv does not hold yet
# A slab of 16 rows, too few for the network's modes, takes what that of 32 rows takes less the step from 64 to 32
# divided by 2. Needs build/release/kitinet for the calibration (KITINET), libsimgrid-dev.
set -eu
cd "$(dirname "$0")/../../.."
. jobs/packages.sh
kitinet="${KITINET:-build/release/kitinet}"
results=jobs/results/sharing_simulated.csv
calibration=jobs/results/sharing_simulated.calibration
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export OMP_NUM_THREADS=1
. tests/bench/scale/simulate.sh
mkdir -p build
flock build sh -c 'cmake -S tests/bench/scale -B build/scale && cmake --build build/scale' >"$work/log"

# ranks of a sample, seconds forward, backward, of an update: medians
calibrate() {
  for ranks in 1 2 4 8 16 32; do
    "$kitinet" bench -bench_grid $((1024 / ranks)),1024 -train_batch 1 -train_microbatch 1 -bench_what step \
      -bench_seconds 3 -bench_output "$work/bench.csv" >"$work/output"
    awk -F , -v ranks=$ranks '{ seconds[$2] = $4 / 1000 }
      END { print ranks, seconds["forward"], seconds["backward"], seconds["update"] }' "$work/bench.csv"
  done | awk '{ print; f[$1] = $2; b[$1] = $3; u = $4 }
    END { print 64, f[32] - (f[16] - f[32]) / 2, b[32] - (b[16] - b[32]) / 2, u }' | tee $calibration
  rm -f $results # a table has one calibration
}
if [ "${1:-}" = calibrate ]; then
  calibrate
  exit
fi
[ -f $calibration ] || calibrate

# The default network: its gradient, and the modes of a layer, 24 x 12 complex ones of 32 channels.
floats=2368001 layers=4 modes=$((24 * 12 * 2 * 32)) bucket=262144
[ -f $results ] || echo "topology,gbytes_per_second,samples,ranks_per_sample,seconds_a_step,times_one_rank" >$results
for samples in 1 16; do
  for bandwidth in 3.1 12.5; do
    for topology in fat_tree dragonfly; do
      while read -r ranks forward backward update; do
        ! grep -q "^$topology,$bandwidth,$samples,$ranks," $results || continue
        platform $topology ${bandwidth}e9 5e-7 $((ranks * samples)) >"$work/platform.xml"
        seconds=$(simulated $((ranks * samples)) build/scale/kitinet-sharing-simulated "$ranks" $floats $bucket \
          $layers $modes "$forward" "$backward" "$update")
        # the same samples on one rank, one after another
        one=$(awk -v n=$samples '$1 == 1 { print n * ($2 + $3) + $4 }' $calibration)
        echo "$topology,$bandwidth,$samples,$ranks,$seconds,$(echo "$one $seconds" |
          awk '{ printf "%.2f", $1 / $2 }')" >>$results
      done <$calibration
    done
  done
done
cat $results
