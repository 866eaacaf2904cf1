# kitinet bench: operations and bytes of each layer are what its sizes say, shares are ratios of its own columns, parts
# add up to wholes. No time is judged.
set -eu
. "$(dirname "$0")/common.sh"
network="-model_modes 4 -model_width 8 -model_head 16 -model_layers 3"
batch="-train_batch 8 -train_microbatch 2"

# row NAME PHASE: its columns milliseconds, gflop_per_s, gb_per_s, number
row() {
  awk -F, -v name="$1" -v phase="$2" '$1 == name && $2 == phase {print $4, $6 + 0, $8 + 0, $3;
    found = 1} END {exit !found}' table.csv || fail "no row $1, $2 in: $(cat table.csv)"
}

# work NAME PHASE MFLOP MB: of one call
work() {
  set -- "$1" "$2" "$3" "$4" $(row "$1" "$2")
  close "$3" "$(awk "BEGIN {print $5 * $6}")" 1e-4 || fail "$1 $2: $5 ms at $6 GFLOP/s are not $3 MFLOP"
  close "$4" "$(awk "BEGIN {print $5 * $7}")" 1e-4 || fail "$1 $2: $5 ms at $7 GB/s are not $4 MB"
}

OMP_NUM_THREADS=1 ranks 1 bench $network $batch -bench_grid 16,24 -bench_channels_in 3 \
  -bench_seconds 0 -bench_output table.csv > output
[ "$(awk -F, '{print NF}' table.csv | sort -u)" = 11 ] || fail "rows of different lengths: $(cat table.csv)"
[ ! -e table.csv.partial ] || fail "the unfinished table is left"

# W x + b of 2 samples with 8 -> 8 channels at 16 * 24 points: 2 * 8 * 8 + 8 operations a point; x, y, 72 parameters.
# Backward twice the products; x, dy, parameters, and dx and dparameters twice.
work block0.linear forward 0.104448 0.049440
work block0.linear backward 0.202752 0.099168
[ "$(row block0.linear forward | cut -d ' ' -f 4)" = 3 ] || fail "not 3 layers like block0.linear"
# The head's two matrices bear its name: 8 channels in, 1 out, 8 * 16 + 16 + 16 + 1 parameters.
set -- $(row head forward)
close 0.028292 "$(awk "BEGIN {print $1 * $3}")" 1e-4 || fail "bytes of the head: $(grep head table.csv)"
# coordinates: 3 channels in, 5 out
work coordinates forward 0 0.024576

# Adam: 7 numbers a parameter are read or written. Parameters: lift 5 -> 8, 3 blocks of 8 x 8 + 8 and 8 x 4 x 8 x 8
# complex, 8 -> 16 -> 1; each array ends on a line of 16.
awk -F, -v lines="$((48 + 16 + 3 * (64 + 16 + 4096) + 128 + 16 + 16 + 16))" '$1 == "training step" && $2 == "update" {
  d = $4 * $8 / (7 * 4e-6 * lines) - 1; exit !(d < 1e-3 && d > -1e-3)}' table.csv ||
  fail "bytes of the update: $(grep update table.csv)"

# The training step is 4 micro-batches of all layers; its parts take no longer than the whole (each a median), and peak
# shares are of the measured peak.
awk -F, 'NR == 1 {next} $1 == "training step" {if ($2 == "whole") {whole = $4 * $6; ms = $4}
  else if ($2 == "forward" || $2 == "backward") parts += $4 * $6; next}
  $1 == "machine" {if ($2 == "product") peak = $6; next} $1 == "inference" {next} {layers += $3 * $4 * $6 * 4;
    share[$1 $2] = $7; rate[$1 $2] = $6}
  END {if (whole / layers - 1 > 1e-3 || layers / whole - 1 > 1e-3 || parts / whole - 1 > 1e-3 ||
    whole / parts - 1 > 1e-3) {print whole, layers, parts; exit 1}
    for (i in share) if (rate[i] && (share[i] - 100 * rate[i] / peak) ^ 2 > 1e-4 * share[i] ^ 2) {print i, share[i],
      rate[i], peak; exit 1}}' table.csv > message || fail "operations or shares do not add up: $(cat message)"

# Two ranks: the reduction alone moves the gradient.
OMP_NUM_THREADS=1 ranks 2 bench $network $batch -bench_what step -bench_grid 16 \
  -bench_seconds 0 -bench_output table.csv > output
row reduction alone > /dev/null
grep -q "on 2 ranks of 1 thread" output || fail "$(head -n 2 output)"
grep -q "^memory of a rank: at most [0-9.]* MiB held, [0-9.]* MiB of it before" output || fail "$(head -n 3 output)"
if grep -q linear table.csv; then fail "layers, although steps were asked for"; fi

# On one axis; inference alone.
OMP_NUM_THREADS=1 ranks 1 bench $network -bench_axes 1 -bench_grid 64 -bench_what inference \
  -bench_seconds 0 -bench_output table.csv > output
[ "$(cut -d , -f 1,2 table.csv | tr '\n' ' ')" = "item,phase inference,whole machine,product machine,triad " ] ||
  fail "$(cat table.csv)"

# Scaling: every point that fits is there, with what it was; the first of a sweep is the measure.
OMP_WAIT_POLICY=passive OMP_NUM_THREADS=2 ranks 1 bench -bench_scaling -model_modes 2 -model_width 2 -model_head 2 \
  -model_layers 1 -train_batch 2 -train_microbatch 1 -bench_grid 16 -bench_seconds 0 -bench_output table.csv > output
{
  echo sweep,value,threads,samples,points
  for threads in 1 2; do echo "threads,$threads,$threads,2,256"; done
  for samples in 1 2 4 8 16 32; do echo "samples,$samples,2,$samples,256"; done
  for grid in 32 64 128 256 512; do echo "grid,$grid,2,1,$((grid * grid))"; done
} > expected
cut -d , -f 1-5 table.csv | cmp - expected || fail "$(cat table.csv)"
awk -F, 'NR > 1 && $1 != last && $8 != 1 {exit 1} {last = $1}' table.csv ||
  fail "the first of a sweep is not 1: $(cat table.csv)"

# Tuning: all ways to share two threads, micro-batches up to a rank's share, divisors of the batch and powers of two;
# the least median is what train gets. The slowest are given up, how it was started never.
OMP_WAIT_POLICY=passive OMP_NUM_THREADS=1 ranks 2 bench -bench_tune tuned.yaml $network -bench_grid 16 -train_batch 6 \
  -train_microbatch 2 -bench_seconds 0 -bench_output table.csv > output
{
  echo ranks,threads,microbatch
  for samples in 1 2 3 4 6; do echo "1,2,$samples"; done
  for samples in 1 2 3; do echo "2,1,$samples"; done
} > expected
cut -d , -f 1-3 table.csv | cmp - expected || fail "$(cat table.csv)"
awk -F, 'NR == 1 {next} $6 < 2 || $6 > 3 || $5 < 1 || ($1 == 2 && $3 == 2 && $6 != 3) {exit 1} $5 == 1 {best = $3}
  END {print "train_batch: 6"; print "train_microbatch: " best}' table.csv > expected || fail "$(cat table.csv)"
grep -v "^#" tuned.yaml | cmp - expected || fail "not the fastest: $(cat tuned.yaml table.csv)"
[ "$(grep -c fastest output)" = 2 ] && grep -q "as started" output || fail "$(cat output)"
# Batch norm's statistics are those of a micro-batch, which stays as it is.
OMP_NUM_THREADS=1 ranks 1 bench -bench_tune tuned.yaml -model_type resnet -model_depth 8 -model_width 4 -bench_grid 16 \
  -bench_classes 2 -train_batch 4 -train_microbatch 2 -bench_seconds 0 -bench_output table.csv > output
[ "$(wc -l < table.csv)" = 2 ] || fail "another micro-batch is another network: $(cat table.csv)"

rm table.csv tuned.yaml
refused 2 "give no -bench_what" "$KITINET" bench -bench_tune tuned.yaml -bench_what step -bench_output table.csv
ends 4 "$KITINET" bench $network -bench_tune nowhere/tuned.yaml -bench_output table.csv > output 2> message
grep -q "nowhere/tuned.yaml: cannot be written" message || fail "$(cat message)"
refused 2 "3 numbers for 2 axes" "$KITINET" bench -bench_grid 16,16,16 -bench_output table.csv
refused 2 "\"16x16\" is no number of points" "$KITINET" bench -bench_grid 16x16 -bench_output table.csv
refused 2 "samples at a time need .* MiB for activations" "$KITINET" \
  bench -bench_grid 256 -train_batch 65536 -train_microbatch 65536 -bench_output table.csv
refused 3 "fewer than twice the 12 modes" "$KITINET" bench -bench_grid 16 -bench_output table.csv
ends 4 "$KITINET" bench $network -bench_output nowhere/table.csv > output 2> message
grep -q "nowhere/table.csv: cannot be written" message || fail "$(cat message)"
if ls | grep -q "table\|tuned"; then fail "a refused run left a file: $(ls)"; fi
