# Files are opened in a process of its own first: a fault in the library that reads them ends that process, and the
# program says so in one line, on any number of ranks.
set -eu
. "$(dirname "$0")/common.sh"
# A sanitizer would make an error message and exit code 1 of the signals that are sent here.
export ASAN_OPTIONS="${ASAN_OPTIONS:-}:handle_segv=0:handle_sigbus=0:handle_abort=0"
$tool make one.h5 cells 0 1 1 6 4
ranks 1 convert -input one.h5 -format xy -output one.xy > summary
ranks 1 convert -input one.h5 -format mat -output one.mat > summary

# faulty SIGNAL FILE N COMMAND ..: the second reading call on the file, whoever makes it, is the process's end. The
# first is the program's own look at what the file is.
faulty() {
  signal=$1 file=$2 n=$3; shift 3
  fault="env LD_PRELOAD=$FAULT_SHIM FAULT_CALL=read FAULT_FILE=$file FAULT_AFTER=1 FAULT_SIGNAL=$signal"
  if [ "$n" -eq 1 ]; then limited $fault "$KITINET" "$@"; else limited "$MPIEXEC" -n "$n" $fault "$KITINET" "$@"; fi
}
ends="is damaged, or made to do harm: the library that reads it fails"
for n in 1 2; do
  unchanged refused 3 "one.xy: $ends (Segmentation fault)" faulty 11 one.xy $n convert -input one.xy -output new.h5
  unchanged refused 3 "one.h5: $ends (Aborted)" faulty 6 one.h5 $n inspect -input one.h5
done
unchanged refused 3 "one.mat: $ends (Bus error)" faulty 7 one.mat 1 convert \
  -input one.mat -x a -y u -points cells -output new.h5
unchanged refused 3 "one.xy: $ends (takes too much processor time)" faulty 24 one.xy 1 convert \
  -input one.xy -output new.h5
unchanged refused 3 "one.xy: $ends (was killed, as when memory is out)" \
  faulty 9 one.xy 1 convert -input one.xy -output new.h5
unchanged refused 3 "one.h5: $ends (Segmentation fault)" faulty 11 one.h5 1 train -dataset one.h5 -run new $network

# A file that is in order is read as ever.
ranks 2 convert -input one.xy -output probed.h5 > output
ranks 1 convert -input one.xy -output direct.h5 -probe false > output
cmp probed.h5 direct.h5 || fail "-probe changes what is written"

# Without it the fault ends the program.
code=0; faulty 11 one.xy 1 convert -input one.xy -output new.h5 -probe false > output 2> message || code=$?
[ $code -ne 0 ] && [ $code -ne 3 ] || fail "exit code $code with -probe false"
refused 2 'option -probe is "maybe", expected true or false' ranks 1 inspect -input one.h5 -probe maybe

# A checkpoint with a right checksum in which HDF5 finds no way on: looking for a group by its name once ended the
# program.
gzip -d -c "$KITINET_SOURCE/tests/golden/damaged_checkpoint.h5.gz" > damaged_checkpoint.h5
unchanged refused 3 "damaged_checkpoint.h5: is truncated or damaged: not all that it holds can be read" \
  ranks 1 inspect -input damaged_checkpoint.h5
unchanged refused 3 "damaged_checkpoint.h5: is truncated or damaged" \
  ranks 2 predict -checkpoint damaged_checkpoint.h5 -input one.h5 -output new.h5
