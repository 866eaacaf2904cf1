# What a command prints, or draws, is lost: exit 4 at the end, in one line; its files are whole. Pictures that are not
# there are not listed.
set -eu
. "$(dirname "$0")/fault.sh"
small_data
ends 0 train 1 seen -train_epochs 2
training="train -dataset train.h5 $network -train_epochs 2"
evaluation="evaluate -run seen -dataset test.h5"
full() { ranks 1 "$@" > /dev/full; }
closed() { ranks 1 "$@" >&-; }
# unprinted full|closed COMMAND ...: refused() keeps what it prints in a file; here that is the fault
unprinted() {
  code=0; "$@" 2> message || code=$?
  [ $code -eq 4 ] || fail "exit code $code, expected 4, of: $*; $(cat message)"
  grep -q "^kitinet: standard output could not be written, is its disk full? .*, its files are whole$" message ||
  fail "$(cat message)"
}
for fault in full closed; do
  unprinted $fault -help
  unprinted $fault train -help
  unprinted $fault inspect -input train.h5
  unprinted $fault inspect -input seen/checkpoint.h5
  unprinted $fault $evaluation -picture false -output table.csv
  rm -rf unseen
  unprinted $fault $training -run unseen
  cmp seen/checkpoint.h5 unseen/checkpoint.h5 || fail "another network where nobody listens"
  rm -f other.h5
  unprinted $fault generate -darcy_grid 16 -samples 8 -first 24 -output other.h5
  cmp test.h5 other.h5 || fail "another dataset where nobody listens"
done
[ -s table.csv ] || fail "no table"
ends 75 full $training -run again -max_time 1e-9 2> message # a run that is to go on says so first

# Pictures in a folder that cannot be written, and by a gnuplot that does not notice it; without gnuplot scripts are
# left for later.
silent() { if grep -q "$1" output; then fail "pictures that are not there are listed: $(cat output)"; fi; }
lost="pictures could not be written, [1-9][0-9]* of them"
shut="FAULT_CALL=open FAULT_ERROR=30"
refused 4 "$lost" faulty 1 "$shut FAULT_FILE=.gp" $evaluation -output table.csv
grep -q "^kitinet: warning: the picture .*fields_test.png is left out: Read-only file system" message ||
  fail "$(cat message)"
silent "Pictures:"
grep -q "^seen," table.csv || fail "the table is not there"
refused 4 "$lost" faulty 2 "$shut FAULT_FILE=.dat" inspect -input test.h5 -picture -output shown
silent "  pictures "
mkdir bin
printf '#!/bin/sh\nsed -n "s/^set output .\\(.*\\).$/\\1/p" "$2" | xargs -I{} sh -c "printf \"\\211PNG\" > {}"\n' \
  > bin/gnuplot
chmod +x bin/gnuplot
with_path() { PATH=$1; shift; export PATH; ranks 1 "$@"; }
path=$PATH
refused 4 "$lost" with_path "$PWD/bin:$path" $evaluation
PATH=$path
silent "Pictures:"
if has gnuplot; then
  ends 0 ranks 1 $evaluation > output 2> message
  grep -q "Pictures:" output || fail "pictures are not listed: $(cat output message)"
  ends 0 ranks 1 inspect -input test.h5 -picture -output shown > output 2> message
  grep -q "  pictures " output || fail "pictures are not listed: $(cat output message)"
fi
complete
