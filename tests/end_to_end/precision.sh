# -train_precision bf16: where the processor has such products, the same weights on any number of ranks and threads and
# after a restart, other weights than in float32, nearly the same error, tests in float32. Elsewhere it is refused.
set -eu
. "$(dirname "$0")/common.sh"
small_data
network="-model_width 32 -train_batch 6 -train_microbatch 2 -dataset_test test.h5"
tested() { awk -F , 'END { print $3 }' "$1/metrics.csv"; }

code=0
ranks 1 train -run new -dataset train.h5 -model_modes 4 -train_precision bf16 -dry_run > output 2> message || code=$?
if [ $code = 2 ] && grep -q "needs a build with libxsmm" message; then skip "built without libxsmm"; fi
if ! grep -q -w avx512_bf16 /proc/cpuinfo; then
  for command in "train -run new -dataset train.h5" "bench -bench_grid 16"; do
    # shellcheck disable=SC2086 # words
    unchanged refused 2 "option -train_precision bf16 needs a processor with AVX512-BF16 on every rank: leave it out" \
      ranks 2 $command -model_modes 4 -train_precision bf16
  done
  exit 0
fi
[ $code = 0 ] || fail "$(cat message)"

export OMP_WAIT_POLICY=passive # more threads than processors
for type in fno oformer transolver resnet; do
  case $type in
    fno) own="-model_modes 4" ;;
    oformer) own="-model_heads 2" ;;
    transolver) own="-model_heads 2 -model_projection convolution" ;;
    resnet) own="-model_depth 8" ;;
  esac
  options="-model_type $type $own -train_epochs 4 -train_schedule constant -train_lr 1e-4"
  ends 0 train 1 $type.float $options
  ends 0 train 1 $type.1 $options -train_precision bf16
  for n in 2 3; do
    OMP_NUM_THREADS=$n ends 0 train $n $type.$n $options -train_precision bf16
    [ "$(weights $type.$n)" = "$(weights $type.1)" ] || fail "$type: other weights on $n ranks of $n threads"
  done
  ends 75 train 2 $type.parts $options -train_precision bf16 -max_time 1e-9
  ends 0 train 3 $type.parts -max_time 0
  [ "$(weights $type.parts)" = "$(weights $type.1)" ] || fail "$type: other weights after a restart"
  [ "$(weights $type.float)" != "$(weights $type.1)" ] || fail "$type: bf16 changes nothing"
  close "$(tested $type.float)" "$(tested $type.1)" 3e-3 ||
    fail "$type: test error $(tested $type.1) in bf16, $(tested $type.float) in float32"
done
ends 0 ranks 1 bench -bench_grid 16 -model_modes 4 -bench_seconds 0 -train_precision bf16 > output 2> message
