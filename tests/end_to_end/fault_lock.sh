# Row 18: one job writes in a run directory. A second one refuses; a dead owner's lock is taken over; a job that was
# requeued takes over from its old copy, which stops without writing.
set -eu
. "$(dirname "$0")/common.sh"
small_data
job() { export SLURM_JOB_ID=$1 SLURM_RESTART_COUNT=$2; }
unset SLURM_JOB_ID SLURM_RESTART_COUNT
endless="train -run run -dataset train.h5 $network -train_epochs 1000000 -max_time 0"
epochs() { [ -f run/metrics.csv ] && [ "$(wc -l < run/metrics.csv)" -gt "$1" ]; }
second() { ranks 2 $endless; }

background USR1 "$MPIEXEC" -n 2 "$KITINET" $endless -checkpoint_every 1000000 > first.output 2> first.message &
first=$!
await "the first job has no epoch" epochs 1
refused 2 \
  "run is in use by process [0-9]* on host $(hostname) (job -, restart 0): wait for it; .*, remove run/lock" second
kill -USR1 $first
ends 75 wait $first
[ ! -e run/lock ] || fail "an ended job leaves its lock: $(cat run/lock)"

# Dead: this process has ended, another has its number, the machine has started again, the lock was never written.
# Elsewhere, and in another container of this name: nobody knows.
boot=$(cat /proc/sys/kernel/random/boot_id) processes=$(readlink /proc/self/ns/pid)
lock() { printf 'host %s\nboot %s %s\nprocess %s %s\njob %s %s\n' "$@" > run/lock; }
here() { lock "$(hostname)" "$boot" "$processes" "$@"; }
goes_on() {
  ends 75 ranks 1 train -run run -max_time 1e-9 > output 2> message
  [ ! -e run/lock ] || fail "the lock stays: $1"
}
sh -c 'echo $$' > number
here "$(cat number)" 1 - 0; goes_on "dead process"
here $$ 1 - 0; goes_on "another process of the same number"
for name in mine.tmp results.3.tmp kitinet.tmp 3.kitinet.tmp table.csv.kitinet.3.tmp; do : > run/$name; done
: > run/checkpoint.h5.3.kitinet.tmp
: > run/lock; touch -d '10 seconds ago' run/lock; goes_on "an empty lock"
[ ! -e run/checkpoint.h5.3.kitinet.tmp ] || fail "the unfinished file of another start stays"
for name in mine.tmp results.3.tmp kitinet.tmp 3.kitinet.tmp table.csv.kitinet.3.tmp; do
  rm run/$name || fail "a file that no owner of a lock writes was removed"
done
stays() { unchanged refused 2 "run is in use by process $1 on host $2 (job -, restart 0)" second; }
lock elsewhere "$boot" "pid:[1]" 1 1 - 0; stays 1 elsewhere
lock "$(hostname)" "$boot" "pid:[1]" $$ 1 - 0; stays $$ "$(hostname)"
lock "$(hostname)" other-boot "pid:[1]" $$ 1 - 0; stays $$ "$(hostname)"
# as it was written before
printf 'host %s\nprocess %s %s\njob %s %s\n' "$(hostname)" $$ 1 - 0 > run/lock; stays $$ "$(hostname)"
lock "$(hostname)" other-boot "$processes" $$ 1 - 0
if [ "$processes" = "pid:[4026531836]" ]; then goes_on "the machine has started again"; else stays $$ "$(hostname)"; fi
[ ! -e run/lock.old ] || fail "a leftover"
rm -f run/lock

# Job 17 runs; its requeued self takes over. Job 18, and the same start of job 17, do not.
job 17 0
background TERM "$KITINET" $endless -checkpoint_every 1000000 > first.output 2> first.message &
first=$!
rows=$(wc -l < run/metrics.csv)
await "job 17 has no epoch" epochs "$rows"
job 18 5
refused 2 "in use by .* (job 17, restart 0)" second
job 17 0
refused 2 "in use by .* (job 17, restart 0)" second
cp run/checkpoint.h5 before.h5
kill -STOP "$(sed -n 's/process \([0-9]*\).*/\1/p' run/lock)"
job 17 1
ends 75 ranks 2 train -run run -max_time 1e-9 > output 2> message
cp run/checkpoint.h5 taken.h5
if cmp -s before.h5 taken.h5; then fail "the requeued job wrote nothing"; fi
kill -CONT $first
pkill -CONT -P $first || true
ends 2 wait $first
grep -q "^kitinet: run/lock was taken over by process .*: this copy stops and writes nothing more" first.message ||
  fail "the old copy says: $(cat first.message)"
cmp run/checkpoint.h5 taken.h5 || fail "the old copy wrote a checkpoint"

# The old copy finds out between writing a file and renaming it, too: the new owner's lock stands there when the record
# is on disk.
job 17 0
background TERM "$KITINET" $endless -checkpoint_every 1 > first.output 2> first.message &
first=$!
rows=$(wc -l < run/metrics.csv)
await "no epoch" epochs "$rows"
lock elsewhere "$boot" "$processes" 1 1 17 1
ends 2 wait $first
[ -z "$(find run -name '*.tmp')" ] || fail "a temporary file stays"
grep -q "taken over by process 1 on host elsewhere (job 17, restart 1)" first.message ||
  fail "the old copy says: $(cat first.message)"
[ "$(sed -n 1p run/lock)" = "host elsewhere" ] || fail "the old copy removed the lock of the new one"
