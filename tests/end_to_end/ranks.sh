# kitinet train: the same weights, bit for bit, for any number of ranks and threads, also through stops and restarts
# with other numbers; evaluate: the same table. The last batch of 3 leaves ranks without samples and a micro-batch of 1;
# on 3 and on 8 ranks some have no samples at all.
set -eu
. "$(dirname "$0")/common.sh"
small_data

# 20 steps: 5 epochs of batches of 7, 7, 7, 3
open="-dataset train.h5 -dataset_test test.h5 -model_modes 4 -model_width 8 -model_head 16 -train_epochs 5
  -train_normalizer pointwise -train_clip 0.5"
options="$open -train_batch 7 -train_microbatch 2"
export OMP_WAIT_POLICY=passive # more threads than processors
same() {
  for file in checkpoint.h5 best.h5; do cmp "$1/$file" "$2/$file" || fail "$2 has another $file than $1"; done
  course "$1" > expected
  course "$2" | cmp - expected || fail "$2 has other metrics than $1: $(cat "$2/metrics.csv")"
}
for residual in plain collision; do
  for n in 1 2 3 4 8; do
    for threads in 1 2; do
      OMP_NUM_THREADS=$threads ranks $n train -run $residual.$n.$threads $options \
        -model_residual $residual > output 2> message
      same $residual.1.1 $residual.$n.$threads
    done
  done
  # A step on 2 ranks, one on 3, one on 1, the rest on 8
  for n in 2 3 1; do
    ends 75 ranks $n train -run $residual.moved $options -model_residual $residual -max_time 1e-9 > output 2> message
  done
  OMP_NUM_THREADS=2 ends 0 ranks 8 train -run $residual.moved $options -model_residual $residual \
    -max_time 0 > output 2> message
  same $residual.1.1 $residual.moved
done
[ "$(wc -l < plain.1.1/metrics.csv)" -eq 6 ] || fail "$(cat plain.1.1/metrics.csv)"

# Other micro-batches are another tree: the loss agrees up to rounding, as it does with MPI's own reduction.
ranks 2 train -run other $open -model_residual plain -train_batch 7 -train_microbatch 3 > output 2> message
ranks 3 train -run allreduce $options -model_residual plain -train_reduction allreduce > output 2> message
for run in other allreduce; do
  close "$(last_loss plain.1.1)" "$(last_loss $run)" 1e-4 ||
    fail "$run: $(last_loss $run) instead of $(last_loss plain.1.1)"
done

# Gradients in bfloat16: the same bits on any ranks again, others than in floats, an error close by; restarts too.
for n in 1 2 3 4 8; do
  OMP_NUM_THREADS=$((n % 2 + 1)) ranks $n train -run short.$n $options -model_residual plain \
    -train_reduction tree_bf16 > output 2> message
  same short.1 short.$n
done
ends 75 ranks 2 train -run short.moved $options -model_residual plain -train_reduction tree_bf16 -max_time 1e-9 \
  > output 2> message
ends 0 ranks 3 train -run short.moved $options -model_residual plain -train_reduction tree_bf16 -max_time 0 \
  > output 2> message
same short.1 short.moved
[ "$(weights short.1)" != "$(weights plain.1.1)" ] || fail "tree_bf16 rounds nothing"
close "$(last_loss plain.1.1)" "$(last_loss short.1)" 1e-2 ||
  fail "tree_bf16: $(last_loss short.1) instead of $(last_loss plain.1.1)"

# More ranks than blocks: said once, with what would use them all, and true.
ranks 8 train -run told $options > output 2> message
[ "$(grep -c "4 of 8 ranks" output)" -eq 1 ] || fail "no word of idle ranks: $(cat output)"
grep -q -e "-train_batch 16" output || fail "no batch that fits: $(cat output)"
ranks 8 train -run fits $open -train_batch 16 -train_microbatch 2 > output 2> message
! grep -q "of 8 ranks" output || fail "idle ranks with the batch that fits: $(cat output)"

for n in 1 2 3; do
  ranks $n evaluate -run collision.1.1,plain.1.1 -dataset test.h5,fine.h5 -picture false -output table.$n.csv > output
  [ "$(wc -l < table.$n.csv)" -eq 3 ] || fail "$(cat table.$n.csv)"
  cmp table.1.csv table.$n.csv || fail "$n ranks evaluate otherwise: $(cat table.1.csv table.$n.csv)"
done
# The test error of the last epoch is what evaluate finds for the last checkpoint.
close "$(tail -n 1 collision.1.1/metrics.csv | cut -d , -f 3)" "$(sed -n 2p table.1.csv | cut -d , -f 5)" 1e-6 ||
  fail "$(cat table.1.csv collision.1.1/metrics.csv)"
