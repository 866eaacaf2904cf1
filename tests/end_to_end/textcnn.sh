# A convolution over words: from reviews whose class is a pair of words (not good, never bad) it learns the class of
# others, with vectors of word pairs alone as well; the same weights on any number of ranks and through a stop, also by
# way of PyTorch's names; raw texts are read; what has no meaning is refused.
set -eu
. "$(dirname "$0")/common.sh"
network="-model_type textcnn -model_width 16 -train_batch 16 -train_microbatch 4 -train_lr 5e-3"

# 12 words, among them two judgements; their class is that of the one behind "it".
cat > make.awk << 'END'
BEGIN {
  srand(s)
  for (i = 0; i < n; i++) {
    good = int(rand() * 2); at = int(rand() * 10); other = (at + 2 + int(rand() * 7)) % 10
    text = ""
    for (j = 0; j < 10; j++) {
      word = "w" int(rand() * 30)
      if (j == at) word = "it " (good ? "fine" : "poor")
      else if (j == other) word = word " " (good ? "poor" : "fine")
      text = text (j ? " " : "") word
    }
    print (good ? "yes" : "no") "\t" text
  }
}
END
awk -v s=1 -v n=320 -f make.awk > train.tsv
awk -v s=2 -v n=80 -f make.awk > test.tsv
code=0
ranks 1 convert -input train.tsv -text_columns label=1,text=2 -text_least 1 -output train.h5 > output 2> message ||
  code=$?
converted $code
ranks 1 convert -input test.tsv -text_columns label=1,text=2 -like train.h5 -output test.h5 > output

learns() { awk -v a="$(accuracy "$1")" 'BEGIN { exit !(a > 0.95) }' || fail "$1: accuracy $(accuracy "$1")"; }
options="-dataset_test test.h5 -train_epochs 10 -model_word_pairs 200 -model_dropout 0.2"
train 1 one $options
train 2 two $options
ends 75 train 3 three $options -max_time 1e-9
ends 0 train 2 three $options -max_time 0
train 1 pairs -dataset_test test.h5 -train_epochs 10 -model_word_pairs 200 -model_convolution 1
train 1 words -dataset_test test.h5 -train_epochs 10 -model_convolution 1
for run in two three; do [ "$(weights $run)" = "$(weights one)" ] || fail "$run: other weights than on one rank"; done
learns one
learns pairs
awk -v a="$(accuracy words)" 'BEGIN { exit !(a < 0.75) }' || fail "single words tell the class: $(accuracy words)"

ends 0 ranks 1 convert -format pytorch -input one/checkpoint.h5 -output torch.h5 > output 2> message
mkdir back
ends 0 ranks 1 convert -input torch.h5 -like one/checkpoint.h5 -output back/checkpoint.h5 > output 2> message
[ "$(weights back)" = "$(weights one)" ] || fail "weights that went to PyTorch and back are others"

ranks 2 predict -checkpoint one/checkpoint.h5 -input test.tsv -text_columns label=1,text=2 -output predicted.h5 > output
right=$(tail -n +2 predicted.csv | cut -d , -f 3 | paste - test.tsv | awk '$1 == $2 { n++ } END { print n / NR }')
close "$right" "$(accuracy one)" 1e-6 || fail "of raw texts $right are right, of the dataset $(accuracy one)"

refused 2 "option -model_convolution is 4: -model_type textcnn needs an odd number of words" "$KITINET" \
  train -run wrong -dataset train.h5 -model_type textcnn -model_convolution 4
refused 2 "-model_dropout_kind residual leaves out the step of a residual connection, of which -model_type textcnn" \
  "$KITINET" train -run wrong -dataset train.h5 -model_type textcnn -model_dropout 0.2 -model_dropout_kind residual
[ ! -e wrong ] || fail "a refused training left files"
