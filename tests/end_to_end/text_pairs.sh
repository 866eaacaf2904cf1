# Pairs of texts whose class is whether a word of the first comes again in the second: a network that is told which
# words both texts have (-model_shared_words) learns it from few pairs, one that is not does not; the same weights on
# any number of ranks, also by way of PyTorch's names; it reads raw pairs.
set -eu
. "$(dirname "$0")/common.sh"
network="-model_type transformer -model_width 16 -model_layers 1 -model_heads 2 -train_batch 16 -train_microbatch 4"
network="$network -train_lr 5e-3"

# Texts of 4 words out of 40; the second repeats one of the first, or has none of its words.
cat > make.awk << 'END'
BEGIN {
  srand(s)
  for (i = 0; i < n; i++) {
    split("", used); first = second = ""
    for (j = 0; j < 4; j++) { w = int(rand() * 40); used[w] = 1; word[j] = w; first = first (j ? " " : "") "w" w }
    again = int(rand() * 2); at = int(rand() * 4)
    for (j = 0; j < 4; j++) {
      do w = int(rand() * 40); while (w in used)
      if (again && j == at) w = word[int(rand() * 4)]
      second = second (j ? " " : "") "w" w
    }
    print (again ? "again" : "new") "\t" first "\t" second
  }
}
END
awk -v s=1 -v n=240 -f make.awk > train.tsv
awk -v s=2 -v n=80 -f make.awk > test.tsv
columns="-text_columns label=1,text=2,pair=3"
code=0
# shellcheck disable=SC2086 # words
ranks 1 convert -input train.tsv $columns -text_least 1 -output train.h5 > output 2> message || code=$?
converted $code
# shellcheck disable=SC2086
ranks 1 convert -input test.tsv $columns -like train.h5 -output test.h5 > output

train 1 told -dataset_test test.h5 -train_epochs 12 -model_shared_words true -model_word_pairs 100
train 2 told_too -dataset_test test.h5 -train_epochs 12 -model_shared_words true -model_word_pairs 100
train 1 untold -dataset_test test.h5 -train_epochs 12
[ "$(weights told)" = "$(weights told_too)" ] || fail "other weights on two ranks"
awk -v a="$(accuracy told)" -v b="$(accuracy untold)" 'BEGIN { exit !(a > 0.95 && b < 0.8) }' ||
  fail "accuracy $(accuracy told), without knowing shared words $(accuracy untold)"

ends 0 ranks 1 convert -format pytorch -input told/checkpoint.h5 -output torch.h5 > output 2> message
mkdir back
ends 0 ranks 1 convert -input torch.h5 -like told/checkpoint.h5 -output back/checkpoint.h5 > output 2> message
[ "$(weights back)" = "$(weights told)" ] || fail "weights that went to PyTorch and back are others"

# shellcheck disable=SC2086
ranks 2 predict -checkpoint told/checkpoint.h5 -input test.tsv $columns -output predicted.h5 > output
[ "$(wc -l < predicted.csv)" -eq 81 ] || fail "$(head -n 3 predicted.csv)"
right=$(tail -n +2 predicted.csv | cut -d , -f 3 | paste - test.tsv | awk '$1 == $2 { n++ } END { print n / NR }')
close "$right" "$(accuracy told)" 1e-6 || fail "of raw pairs $right are right, of the dataset $(accuracy told)"
