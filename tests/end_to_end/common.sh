# Shared by the scripts about training: a small dataset and network, damage to files, numbers that agree. Each starts in
# an empty folder.
. "$(dirname "$0")/refused.sh"
empty_folder

tool=$(dirname "$PWD")/dataset_tool
network="-model_modes 4 -model_width 8 -model_head 16 -train_batch 6 -train_microbatch 2"

# small_data: train.h5, 24 samples on 16 x 16; test.h5, 8 others; fine.h5, 6 on 32 x 32
small_data() {
  ranks 1 generate -darcy_grid 16 -samples 24 -output train.h5 > /dev/null
  ranks 1 generate -darcy_grid 16 -samples 8 -first 24 -output test.h5 > /dev/null
  ranks 1 generate -darcy_grid 32 -samples 6 -first 40 -output fine.h5 > /dev/null
}

# train N RUN ...: on N ranks
train() { n=$1 run=$2; shift 2; ranks "$n" train -run "$run" -dataset train.h5 $network "$@" > output 2> message; }

# accuracy RUN: that of the last tested epoch
accuracy() {
  awk -F , 'NR == 1 { for (i = 1; i <= NF; i++) c = $i == "test_accuracy" ? i : c } END { print $c }' "$1/metrics.csv"
}

# ends CODE COMMAND ...
ends() {
  expected=$1 code=0; shift
  "$@" || code=$?
  [ "$code" -eq "$expected" ] || fail "exit code $code, expected $expected, of: $*; $(cat message)"
}

# unchanged COMMAND ...: no file appears, disappears or changes but those that keep what a command says
unchanged() {
  find . -type f ! -name output ! -name message ! -name '*.sums' -exec cksum {} + | sort > before.sums
  find . ! -name output ! -name message ! -name '*.sums' | sort >> before.sums
  "$@"
  find . -type f ! -name output ! -name message ! -name '*.sums' -exec cksum {} + | sort > after.sums
  find . ! -name output ! -name message ! -name '*.sums' | sort >> after.sums
  diff before.sums after.sums || fail "files changed by: $*"
}

# damage FILE BYTE: turns all its bits
damage() {
  value=$(od -An -tu1 -j "$2" -N 1 "$1" | tr -d ' ')
  printf "$(printf '\\%03o' $((255 - value)))" | dd of="$1" bs=1 seek="$2" conv=notrunc 2> /dev/null
}

# close A B TOLERANCE: two numbers agree, relative to the first
close() {
  awk -v a="$1" -v b="$2" -v t="$3" 'BEGIN { d = a - b; if (d < 0) d = -d; if (a < 0) a = -a; exit !(d <= t * a) }'
}

# weights RUN: the digest of its weights
weights() { "$KITINET" inspect -input "$1/checkpoint.h5" | sed -n 's/^  weights *SHA-256 //p'; }

# course RUN: what of metrics.csv does not depend on the clock
course() { cut -d , -f 1-4 "$1/metrics.csv"; }
last_loss() { tail -n 1 "$1/metrics.csv" | cut -d , -f 2; }
