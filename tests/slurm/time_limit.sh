# A training on two nodes that its time limit stops puts itself back in the queue and ends with the weights of an
# uninterrupted run, bit for bit. SLURM checks limits every 30 seconds: the ranks are frozen until it sends its signal,
# or a training that lasts longer would be needed.
set -eu
. "$(dirname "$0")/cluster.sh"
options="-dataset train.h5 $network -train_epochs 100 -checkpoint_every 5"
ranks 1 generate -darcy_grid 16 -samples 24 -output train.h5 > summary 2>&1

job=$(struck "$freezing" \
  sbatch --parsable --nodes=2 --ntasks-per-node=1 --time=1 --signal=B:USR1@60 --output=train.log jobs/train.sbatch run \
  $options)
await_frozen run 1
ranks=$(ranks_of run)
[ "$(echo "$ranks" | wc -w)" -eq 2 ] || fail "not two ranks but those: $ranks"
ranks 2 train -run whole $options > summary 2>&1 & # uses the time
signalled() { grep -q "^SIGUSR1" train.log; }
await_for "SLURM sends no signal" signalled
wait $! || fail "the uninterrupted training: $(cat summary)"
thaw run

restarted() { [ "$(field "$job" Restarts)" -ge 1 ]; }
await_for "not back in the queue" restarted
scontrol update jobid="$job" timelimit=10
await_frozen run 1
thaw run
await_end "$job" COMPLETED
grep -q "stopped early, checkpoint written" train.log || fail "the program does not say that it stopped"
cmp whole/checkpoint.h5 run/checkpoint.h5 || fail "other weights after a restart"
cut -d , -f 1-4 whole/metrics.csv > expected
cut -d , -f 1-4 run/metrics.csv | cmp - expected || fail "other metrics after a restart"
