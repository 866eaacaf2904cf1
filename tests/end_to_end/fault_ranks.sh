# Rows 14, 19, 22 to 25: what only one rank sees or suffers. All ranks end, with one line, or the work completes.
set -eu
. "$(dirname "$0")/fault.sh"
small_data
run="train -dataset train.h5 $network"

# 14: one rank cannot read a sample. EIO reaches all ranks as one line.
broken() {
  faulty 2 "FAULT_CALL=read FAULT_RANK=1 FAULT_FILE=train.h5 FAULT_WHEN=broken/log.txt" $run \
    -run broken -train_epochs 1000 -checkpoint_every 1
}
refused 3 "train.h5: .*: Input/output error" broken
ends 0 ranks 2 inspect -input broken/checkpoint.h5 > output 2> message

# 24: no memory on one rank for the large arrays of a network (MPI asks for none of this size).
allocator_faults="0 2 5"
if ldd "$KITINET" | grep -q libasan; then allocator_faults=; fi # that allocator cannot be replaced
for after in $allocator_faults; do
  scarce() {
    faulty 2 "FAULT_CALL=malloc FAULT_RANK=1 FAULT_SIZE=1000000 FAULT_AFTER=$after" \
      train -dataset train.h5 -model_modes 8 -model_width 32 -train_batch 6 -run memory.$after -train_epochs 2
  }
  refused 1 "out of memory on rank 1: .*take more nodes" scarce
done

# 19: a file system without locks: flock() says ENOSYS, ENOLCK, EOPNOTSUPP.
for error in 38 37 95; do
  none="FAULT_CALL=flock FAULT_ERROR=$error"
  ends 0 faulty 2 "$none" generate -darcy_grid 16 -samples 4 -output unlocked.$error.h5 > output 2> message
  ends 0 faulty 2 "$none" train -dataset unlocked.$error.h5 $network -run unlocked.$error \
    -train_epochs 1 > output 2> message
done

# 23: a rank that stands still for a while delays the others, no more.
ends 0 ranks 2 $run -run whole -train_epochs 60 > output 2> message
: > pids
background TERM "$MPIEXEC" -n 2 sh -c 'echo $$ >> pids; exec "$KITINET" "$@"' sh $run \
  -run paused -train_epochs 60 > output 2> message &
launcher=$!
await "no rank" grep -q . pids
await "no log" [ -e paused/log.txt ]
stopped=$(tail -n 1 pids)
kill -STOP "$stopped" 2> /dev/null && sleep 2 && kill -CONT "$stopped"
ends 0 wait $launcher
cmp whole/checkpoint.h5 paused/checkpoint.h5 || fail "a rank that stood still changes the run"

# 25: other options, another build on one rank.
differ() {
  limited "$MPIEXEC" -n 1 "$KITINET" $run -run differ -train_epochs "$1" : -n 1 "$2" $run -run differ -train_epochs 3
}
refused 2 "rank 1 was started with other options than rank 0" differ 2 "$KITINET"
if has objcopy; then
  head -c 36 /dev/urandom > note
  objcopy --dump-section .note.gnu.build-id=note "$KITINET" other
  printf '\377\376\375\374' | dd of=note bs=1 seek=20 conv=notrunc 2> /dev/null
  objcopy --update-section .note.gnu.build-id=note "$KITINET" other
  refused 2 "rank 1 runs another build of kitinet than rank 0" differ 3 ./other
fi
[ ! -e differ ] || fail "ranks that differ began a run"

# 26: a filter of system calls, as in containers, by which no rank may read another's memory.
ends 0 faulty 2 "FAULT_CALL=process_vm_readv FAULT_ERROR=1" $run -run filtered -train_epochs 60 > output 2> message
cmp whole/checkpoint.h5 filtered/checkpoint.h5 || fail "another way of messages changes the run"
if grep -q "Read -1" output message; then fail "MPI found out by itself"; fi

# 22: the last rank's working folder, or a folder that is not there, makes no difference; who may not write is told so.
refused 4 "run directory /proc/run: " ranks 2 $run -run /proc/run

# Row 14: an error that one rank alone raises, which should not be, is said by that rank and ends all, too.
lone() { limited "$MPIEXEC" -n 3 "$(dirname "$PWD")/lone_error" "$1"; }
refused 3 "rank 2 alone: somewhere.h5: is damaged" lone 2
refused 3 "somewhere.h5: is damaged" lone 0
refused 3 "somewhere.h5: is damaged" limited "$(dirname "$PWD")/lone_error" 0
complete
