# kitinet train, evaluate: the same numbers for any number of ranks and threads. The last batch of 3 leaves the fourth rank without samples.
set -eu
. "$(dirname "$0")/common.sh"
small_data

# 20 steps: 5 epochs of batches of 7, 7, 7, 3
for residual in plain collision; do
  for n in 1 2 3 4; do
    ranks $n train -run $residual.$n -dataset train.h5 -dataset_test test.h5 -model_modes 4 -model_width 8 -train_batch 7 -train_microbatch 2 -train_epochs 5 -model_residual $residual > output 2> message
    course $residual.$n | tr , ' ' > course.$n
    while read -r epoch train test lr <&3 && read -r epoch1 train1 test1 lr1 <&4; do
      [ "$epoch" = epoch ] || { close "$train1" "$train" 1e-5 && close "$test1" "$test" 1e-5 && [ "$lr" = "$lr1" ]; } || fail "$residual, epoch $epoch: $train and $test on $n ranks, $train1 and $test1 on one"
    done 3< course.$n 4< course.1
    [ "$(wc -l < course.$n)" -eq 6 ] || fail "$(cat course.$n)"
  done
done
OMP_NUM_THREADS=2 train 1 threads -model_residual collision -train_epochs 5
train 1 thread -model_residual collision -train_epochs 5
close "$(last_loss thread)" "$(last_loss threads)" 1e-5 || fail "two threads: $(last_loss threads), one: $(last_loss thread)"

for n in 1 2 3; do
  ranks $n evaluate -run collision.1,plain.1 -dataset test.h5,fine.h5 -picture false -output table.$n.csv > output
  [ "$(wc -l < table.$n.csv)" -eq 3 ] || fail "$(cat table.$n.csv)"
  for line in 2 3; do
    for column in 5 6 7 8 9 10; do
      value() { sed -n "$line"p "$1" | cut -d , -f $column; }
      close "$(value table.1.csv)" "$(value table.$n.csv)" 1e-6 || fail "$n ranks evaluate $(value table.$n.csv), one $(value table.1.csv)"
    done
  done
done
# The test error of the last epoch is what evaluate finds for the last checkpoint.
close "$(tail -n 1 collision.1/metrics.csv | cut -d , -f 3)" "$(sed -n 2p table.1.csv | cut -d , -f 5)" 1e-6 || fail "$(cat table.1.csv collision.1/metrics.csv)"
