# Rows 11 and 12: NaN in a loss or a gradient of one rank, and a loss that explodes. All ranks skip the step, too many
# in a row end the training; the log says step, rank, row.
set -eu
. "$(dirname "$0")/fault.sh"
export LIBXSMM_TARGET=generic # all products by BLAS, whose calls can be intercepted
small_data
run="train -dataset train.h5 $network -checkpoint_every 1"
four="$run -train_epochs 4"
logged() { grep -q -e "$1" "$2/log.txt" || fail "no \"$1\" in: $(cat "$2/log.txt")"; }
finite() {
  ends 0 ranks 1 inspect -input "$1" > output 2> message
  if grep -q -i -w nan output; then
    fail "$1 holds NaN: $(cat output)"
  fi
}

# One product of matrices of rank 1 is wrong: in the first step, and after the first epoch.
for epoch in 0 1; do
  run_=once.$epoch when=.
  [ $epoch -eq 0 ] || when=$run_/checkpoint.h5
  ends 0 faulty 2 "FAULT_CALL=gemm_forward FAULT_RANK=1 FAULT_WHEN=$when FAULT_TIMES=1" $four \
    -run $run_ > output 2> message
  logged "epoch [12], step [0-9]* skipped (1 in a row): the loss of row [0-9]* on rank 1 is not finite" $run_
  [ "$(grep -c skipped $run_/log.txt)" -eq 1 ] || fail "$(cat $run_/log.txt)"
  grep -q "kitinet: warning: epoch .* skipped: " message || fail "no warning: $(cat message)"
  finite $run_/checkpoint.h5
done
ends 0 faulty 2 "FAULT_CALL=gemm_backward FAULT_RANK=1 FAULT_AFTER=20 FAULT_TIMES=1" $four \
  -run backward > output 2> message
logged "skipped (1 in a row): the gradient of the \(micro-batch of row [0-9]* on rank 1\|batch\) is not finite" backward
finite backward/checkpoint.h5
finite backward/best.h5

# A fault that stays: the last checkpoint stays as well, best.h5 too. -train_skips 0 ends at once; a stopped rank waits
# for nobody.
ends 0 ranks 2 $run -run stays -train_epochs 1 -train_schedule constant > output 2> message
cp stays/checkpoint.h5 kept.h5
faulty_stays() {
  faulty 2 "FAULT_CALL=gemm_forward FAULT_RANK=0" $run -run stays -train_epochs 4 -train_schedule constant "$@"
}
refused 1 \
  "training has diverged at step [0-9]*, 3 steps skipped before it: the loss of row [0-9]* on rank 0 is not finite;" \
  faulty_stays
grep -q "the last checkpoint in stays is kept" message || fail "$(cat message)"
cmp kept.h5 stays/checkpoint.h5 || fail "the last checkpoint was replaced"
[ "$(grep -c skipped stays/log.txt)" -eq 4 ] || fail "$(cat stays/log.txt)"
refused 1 "diverged at step [0-9]*, 0 steps skipped before it" faulty_stays -train_skips 0
# and without the fault it goes on
ends 0 ranks 2 $run -run stays -train_epochs 4 -train_schedule constant > output 2> message

# A finite loss beyond 1000 times its running level, on one rank (without collisions: the squares of such distances are
# not finite).
ends 0 faulty 2 \
  "FAULT_CALL=gemm_forward FAULT_RANK=1 FAULT_WHEN=exploded/checkpoint.h5 FAULT_TIMES=20 FAULT_VALUE=1e6" $four \
  -model_residual plain -run exploded > output 2> message
logged "skipped (1 in a row): the loss [0-9.e+]* is more than 1000 times its running level [0-9.e+-]*" exploded
finite exploded/checkpoint.h5

# A run with skipped steps resumes to the same end.
whole="FAULT_CALL=gemm_forward FAULT_RANK=0 FAULT_TIMES=1"
ends 0 faulty 1 "$whole" $four -run whole > output 2> message
ends 75 faulty 1 "FAULT_CALL=none" $four -run part -max_time 1e-9 > output 2> message
ends 0 ranks 1 $four -run unharmed > output 2> message
ends 0 ranks 1 $four -run part -max_time 0 > output 2> message
cmp unharmed/checkpoint.h5 part/checkpoint.h5 || fail "the run resumes to another end"
if cmp -s whole/checkpoint.h5 unharmed/checkpoint.h5; then fail "the fault left no trace"; fi
