# A node is cut off while it trains. SLURM starts the job again on another node, and then the old ranks, alive all the
# time with the same files, go on: they must do no harm.
set -eu
slurmd_timeout=15
. "$(dirname "$0")/cluster.sh"
options="-dataset train.h5 $network -train_epochs 100 -checkpoint_every 5"
ranks 1 generate -darcy_grid 16 -samples 24 -output train.h5 > summary 2>&1

job=$(struck "$freezing" sbatch --parsable --nodes=1 --ntasks-per-node=2 --output=train.log jobs/train.sbatch run \
  $options)
await_frozen run 1
lost=$(field "$job" NodeList)
old=$(ranks_of run)
[ "$(echo "$old" | wc -w)" -eq 2 ] || fail "not two ranks but those: $old"
cut_off "$lost"
ranks 2 train -run whole $options > summary 2>&1 & # uses the time

running_again() { [ "$(field "$job" Restarts)" -ge 1 ] && state_is "$job" RUNNING; }
await_for "not started again after $lost was lost" running_again
[ "$(field "$job" NodeList)" != "$lost" ] || fail "started again on the node that is lost"
await_frozen run 2
for rank in $old; do [ -d "/proc/$rank" ] || fail "the old ranks are gone already"; done
kill -CONT $old
await_for "the old ranks do not say that they stop" \
  grep -q "^kitinet: run/lock was taken over by .* on host $(field "$job" NodeList) (job $job, restart 1)" train.log
thaw run
await_end "$job" COMPLETED
wait $! || fail "the uninterrupted training: $(cat summary)"
cmp whole/checkpoint.h5 run/checkpoint.h5 || fail "other weights after a node was lost"
cut -d , -f 1-4 whole/metrics.csv > expected
cut -d , -f 1-4 run/metrics.csv | cmp - expected || fail "other metrics after a node was lost"
