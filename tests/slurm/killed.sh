# While a training runs, a second job on its run directory is refused. When it is killed without a chance to tidy up, a
# job submitted anew goes on, on another node, and ends with the weights of an uninterrupted run.
set -eu
. "$(dirname "$0")/cluster.sh"
options="-dataset train.h5 $network -train_epochs 100 -checkpoint_every 5"
training() {
  node=$1
  shift
  sbatch --parsable --nodes=1 --ntasks-per-node=1 --nodelist="$node" --output="train-$node.log" \
    jobs/train.sbatch run $options
}
ranks 1 generate -darcy_grid 16 -samples 24 -output train.h5 > summary 2>&1

first=$(struck "$freezing" training kn1)
await_frozen run 1
second=$(training kn2)
await_end "$second" FAILED
grep -q "^kitinet: run is in use by .* on host kn1 (job $first" train-kn2.log ||
  fail "not told who uses the directory: $(cat train-kn2.log)"

kill -KILL $(ranks_of run)
await_end "$first" FAILED
[ -e run/lock ] || fail "the killed training removed its lock, or was not killed"
third=$(training kn3)
ranks 1 train -run whole $options > summary 2>&1 || fail "the uninterrupted training: $(cat summary)"
await_end "$third" COMPLETED
grep -q "^job $first is gone" train-kn3.log || fail "not told of the lock that was left"
cmp whole/checkpoint.h5 run/checkpoint.h5 || fail "other weights after a kill"
