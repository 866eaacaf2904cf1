#!/bin/sh
# Test errors of the plain FNO, KITINet against PyTorch: same network, data, optimiser and epochs, three seeds each.
#
#     PYTHON=venv/bin/python sh tests/bench/fno_parity.sh          the data of jobs/quickstart.sh; PYTHON with torch,
#     numpy, h5py
#     EPOCHS=2 SEEDS=1 OUTPUT=/tmp/short.csv sh tests/bench/fno_parity.sh
#
# Appends a row for each run to jobs/results/fno_parity.csv (runs that stand there are not done again), then prints the
# means over the seeds and the ratio of the first test set's errors. Exit code 1 if KITINet's error is more than 5 %
# above PyTorch's. Errors compare; seconds do so on an otherwise idle machine only: those in the file were taken on two
# cores shared with other work.
set -eu

cd "$(dirname "$0")/../.."
. jobs/packages.sh

kitinet="${KITINET:-build/release/kitinet}"
python="${PYTHON:-python3}"
data="${DATA:-build/quickstart/data}" # train.h5, test_32.h5, test_64.h5
epochs="${EPOCHS:-40}"
seeds="${SEEDS:-1 2 3}"
output="${OUTPUT:-jobs/results/fno_parity.csv}"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# Two ranks of one thread here, two threads there.
export OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1

mkdir -p "$(dirname "$output")"
[ -f "$output" ] || echo program,seed,epochs,train,test_32,test_64,seconds >"$output"

for seed in $seeds; do
  if ! grep -q "^kitinet,$seed,$epochs," "$output"; then
    echo "== KITINet, seed $seed"
    mpiexec -n 2 "$kitinet" train -run "$work/$seed" -dataset "$data/train.h5" \
      -dataset_test "$data/test_32.h5" -model_residual fno -train_epochs "$epochs" -seed "$seed"
    mpiexec -n 2 "$kitinet" evaluate -run "$work/$seed" -dataset "$data/train.h5,$data/test_32.h5,$data/test_64.h5" \
      -picture false -output "$work/$seed.csv"
    awk -F, -v seed="$seed" -v epochs="$epochs" '
      NR == 1 { for (i = 1; i <= NF; i++) column[$i] = i }
      NR == 2 { printf "kitinet,%s,%s,%s,%s,%s,%.1f\n", seed, epochs, $column["train_mean"], $column["test_32_mean"],
        $column["test_64_mean"], $column["seconds"] }
    ' "$work/$seed.csv" >>"$output"
  fi
  if ! grep -q "^pytorch,$seed,$epochs," "$output"; then
    echo "== PyTorch, seed $seed"
    "$python" tests/bench/pytorch_fno.py -threads 2 -dataset "$data/train.h5" \
      -dataset_test "$data/test_32.h5,$data/test_64.h5" -train_epochs "$epochs" -seed "$seed" -output "$output"
  fi
done

awk -F, -v epochs="$epochs" '
  NR > 1 && $3 == epochs { n[$1]++; for (i = 4; i <= 7; i++) sum[$1, i] += $i }
  END {
    printf "\nMean relative L2 error in %%, %s epochs\n%-10s %6s %9s %9s %9s %9s\n", epochs, "program", "seeds",
      "train", "test_32", "test_64", "seconds"
    split("kitinet pytorch", program, " ")
    for (k = 1; k <= 2; k++) {
      p = program[k]
      printf "%-10s %6d %9.3f %9.3f %9.3f %9.1f\n", p, n[p], 100 * sum[p, 4] / n[p], 100 * sum[p, 5] / n[p],
        100 * sum[p, 6] / n[p], sum[p, 7] / n[p]
    }
    ratio = sum["kitinet", 5] / n["kitinet"] / (sum["pytorch", 5] / n["pytorch"])
    printf "test_32, KITINet / PyTorch: %.3f\n", ratio
    exit !(ratio <= 1.05)
  }
' "$output"
