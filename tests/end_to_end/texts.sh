# Texts from files to a judged classifier: the same weights on any number of ranks and after a restart, a checkpoint
# that reads texts by itself, what the network is most wrong about; pairs; other vocabularies, rules and kinds are
# refused.
set -eu
. "$(dirname "$0")/common.sh"
network="-model_type transformer -model_width 16 -model_layers 1 -model_heads 2 -train_batch 16 -train_microbatch 4"
network="$network -train_lr 3e-3"

# Words of no meaning, one of mood among them, which is the class; 3 to 14 words, cut at 12.
cat > make.awk << 'END'
BEGIN {
  srand(s); split("film plot actor scene the a this music story end day old new", f, " ")
  split("great lovely superb fine", g, " "); split("awful dull bad poor", b, " ")
  for (i = 0; i < n; i++) {
    c = int(rand() * 2); l = 3 + int(rand() * 12); at = int(rand() * 5 % l); t = ""
    for (j = 0; j < l; j++) {
      mood = c ? g[1 + int(rand() * 4)] : b[1 + int(rand() * 4)]
      t = t (j ? " " : "") (j == at ? mood : f[1 + int(rand() * 13)])
    }
    print t "\t" (c ? "pos" : "neg")
  }
}
END
awk -v s=1 -v n=160 -f make.awk > train.tsv
awk -v s=2 -v n=60 -f make.awk > test.tsv
columns="-text_columns text=1,label=2"
code=0
# shellcheck disable=SC2086 # words
ranks 1 convert -input train.tsv $columns -text_length 12 -output train.h5 > output 2> message || code=$?
converted $code
# shellcheck disable=SC2086
ranks 1 convert -input test.tsv $columns -like train.h5 -output test.h5 > output

train 1 one -dataset_test test.h5 -train_epochs 12
train 2 two -dataset_test test.h5 -train_epochs 6 -train_schedule constant
train 1 parts -dataset_test test.h5 -train_epochs 3 -train_schedule constant
train 3 parts -dataset_test test.h5 -train_epochs 6 -train_schedule constant
[ "$(weights two)" = "$(weights parts)" ] || fail "other weights on other ranks and after a restart"
train 1 mixed -train_epochs 6 -train_schedule constant -train_like_lengths 1
[ "$(weights two)" != "$(weights mixed)" ] || fail "like lengths change nothing"
train 1 fewer -train_epochs 3 -train_word_dropout 0.2
train 2 fewer_too -train_epochs 3 -train_word_dropout 0.2
[ "$(weights fewer)" = "$(weights fewer_too)" ] || fail "other words are left out on two ranks"
train 1 all -train_epochs 3
[ "$(weights fewer)" != "$(weights all)" ] || fail "no word is left out"
train 1 stem -train_epochs 3 -model_convolution 3 -model_residual collision
train 3 stem_too -train_epochs 3 -model_convolution 3 -model_residual collision
[ "$(weights stem)" = "$(weights stem_too)" ] || fail "with a convolution three ranks train other weights"
unchanged refused 2 "option -model_convolution is 4, an even number of words has no middle: give an odd one" \
  ranks 1 train -run bad -dataset train.h5 $network -model_convolution 4
train 1 collision -train_epochs 4 -model_residual collision -collision_rate 0.5
awk -F , 'NR == 1 { for (i = 1; i <= NF; i++) c = $i == "test_accuracy" ? i : c } END { exit !($c > 0.8) }' \
  one/metrics.csv ||
  fail "it does not learn: $(cat one/metrics.csv)"

# To PyTorch and back; tests/bench/attention_pytorch.py compares outputs.
ends 0 ranks 1 convert -format pytorch -input stem/checkpoint.h5 -output torch.h5 > output 2> message
mkdir back
ends 0 ranks 1 convert -input torch.h5 -like stem/checkpoint.h5 -output back/checkpoint.h5 > output 2> message
[ "$(weights back)" = "$(weights stem)" ] || fail "weights that went to PyTorch and back are others"

# Judged; the texts that it is most wrong about.
ranks 2 evaluate -run one -dataset test.h5 -evaluate_details details > output 2> message || fail "$(cat message)"
for phrase in "Confusion of one, test" "Most wrong on test" "and more of them: one/worst_test.csv"; do
  grep -q "$phrase" output || fail "no \"$phrase\": $(cat output)"
done
[ "$(head -n 1 one/worst_test.csv)" = "row,truth,prediction,probability,cross_entropy,text" ] ||
  fail "$(cat one/worst_test.csv)"
[ "$(wc -l < one/worst_test.csv)" -eq 61 ] || fail "$(cat one/worst_test.csv)"
row=$(sed -n 2p one/worst_test.csv | cut -d , -f 1)
[ "$(sed -n 2p one/worst_test.csv | cut -d , -f 6)" = \
  "$(sed -n "$((row + 1))p" test.tsv | cut -f 1 | cut -d ' ' -f -11)" ] ||
  fail "row $row: $(sed -n 2p one/worst_test.csv)"

# Texts that no dataset holds, without labels: what predict says of the dataset; the checkpoint has the vocabulary.
cut -f 1 test.tsv > raw.tsv
for n in 1 2; do
  ranks $n predict -checkpoint one/best.h5 -input raw.tsv -text_columns text=1 -predict_batch 7 -output raw$n.h5 \
    > output 2> message ||
    fail "$(cat message)"
done
cmp raw1.h5 raw2.h5 && cmp raw1.csv raw2.csv || fail "other probabilities on two ranks"
grep -q 'cut: .* samples of more than 12 words' output || fail "$(cat output)"
ranks 1 predict -checkpoint one/best.h5 -input test.h5 -predict_batch 7 -output same.h5 > output
cmp raw1.h5 same.h5 || fail "other probabilities than of the dataset"
[ "$(sed -n '1p;3p' raw1.csv | cut -d , -f 1,2 | tr '\n' ' ')" = 'row,line 1,2 ' ] || fail "$(cat raw1.csv)"
mkdir -p folder
echo 'A SUPERB film' > folder/a.txt
echo '???' > folder/b.txt
ranks 1 predict -checkpoint one/best.h5 -input folder -output folder.h5 > output
[ "$(sed -n 2p folder.csv | cut -d , -f 2,3)" = "a.txt,pos" ] || fail "$(cat folder.csv)"
grep -q 'unknown: ' output || fail "$(cat output)"

# Ensembles: mean probabilities over passes with other collisions, the same on any number of ranks and in any batches,
# of a dataset and of raw texts; a temperature that is fitted to their cross-entropy, which predict uses.
sampled="-collision_evaluate sample -collision_samples 5"
for n in 1 3; do
  ranks $n evaluate -run collision -dataset test.h5 $sampled -evaluate_details ensemble$n -evaluate_batch $((8 - n)) \
    -picture false > output 2> message || fail "$(cat message)"
  ranks $n predict -checkpoint collision/checkpoint.h5 -input raw.tsv -text_columns text=1 -predict_batch $((8 - n)) \
    -output mean$n.h5 $sampled > output 2> message || fail "$(cat message)"
done
cmp ensemble1/ensembles.csv ensemble3/ensembles.csv && cmp ensemble1/samples.csv ensemble3/samples.csv ||
  fail "other ensembles on 3 ranks"
cmp mean1.h5 mean3.h5 && cmp mean1.csv mean3.csv || fail "other mean probabilities on 3 ranks"
ranks 1 predict -checkpoint collision/checkpoint.h5 -input test.h5 -output mean.h5 $sampled > output
cmp mean1.h5 mean.h5 || fail "other mean probabilities than of the dataset"
ranks 1 predict -checkpoint collision/checkpoint.h5 -input raw.tsv -text_columns text=1 -output once.h5 > output
! cmp -s once.h5 mean1.h5 || fail "an ensemble predicts what one pass does"
entropy() { # of the probabilities, the last two columns of FILE
  awk -F , 'NR > 1 { for (i = NF - 1; i <= NF; i++) if ($i > 0) s -= $i * log($i); n++ } END { print s / n }' "$1"
}
close "$(entropy mean1.csv)" "$(sed -n 2p ensemble1/ensembles.csv | cut -d , -f 6)" 1e-4 ||
  fail "entropy $(entropy mean1.csv): $(cat ensemble1/ensembles.csv)"
loss() { grep ',cross_entropy,' "$1/errors.csv" | head -n 1 | cut -d , -f 5; }
ranks 1 evaluate -run collision -dataset test.h5 -evaluate_details single -picture false > output
for n in 1 2; do # of single passes, then of ensembles: each replaces what was fitted before
  cp -r collision hot$n
  for passes in "" "$sampled"; do
    # shellcheck disable=SC2086
    ranks $n evaluate -run hot$n -calibrate test.h5 -dataset test.h5 $passes \
      -evaluate_details "fitted${passes:+5}.$n" -picture false > output 2> message || fail "$(cat message)"
    sed -n 's/.*divided by \([0-9.]*\) from now on, fitted on test.h5.*/\1/p' output > "said${passes:+5}.$n"
  done
done
for passes in "" 5; do
  for n in 1 2; do cut -d , -f 2- fitted$passes.$n/samples.csv > values.$n; done
  [ -s said$passes.1 ] && cmp said$passes.1 said$passes.2 && [ -s values.1 ] && cmp values.1 values.2 ||
    fail "other temperatures on two ranks: $(cat said$passes.*)"
done
awk -v a="$(loss single)" -v b="$(loss fitted.1)" -v c="$(loss ensemble1)" -v d="$(loss fitted5.1)" \
  'BEGIN { exit !(b > 0 && b < a && d > 0 && d < c) }' ||
  fail "cross-entropy $(loss single), fitted $(loss fitted.1); means $(loss ensemble1), fitted $(loss fitted5.1)"
ranks 1 predict -checkpoint hot1/checkpoint.h5 -input raw.tsv -text_columns text=1 -output hot.h5 $sampled > output
awk -v a="$(entropy mean1.csv)" -v b="$(entropy hot.csv)" -v t="$(cat said5.1)" \
  'BEGIN { exit !(t > 1 ? b > a : b < a) }' ||
  fail "entropies at $(cat said5.1): $(entropy mean1.csv), $(entropy hot.csv)"
unchanged refused 2 "has neither collisions nor dropout, all its passes are the same; leave the option out" \
  ranks 1 evaluate -run one -dataset test.h5 -collision_samples 5

# What does not fit.
# shellcheck disable=SC2086
ranks 1 convert -input test.tsv $columns -text_length 12 -output own.h5 > output # a vocabulary of its own
unchanged refused 3 "own.h5 has number [0-9]* of the input words is \|own.h5 has [0-9]* words, the network was" \
  ranks 2 evaluate -run one -dataset own.h5 -picture false
# shellcheck disable=SC2086
ranks 1 convert -input train.tsv $columns -text_length 14 -output longer.h5 > output
unchanged refused 3 "longer.h5 has texts of up to 14 words, the network knows 12" \
  ranks 1 evaluate -run one -dataset longer.h5
# shellcheck disable=SC2086
ranks 1 convert -input train.tsv $columns -text_length 12 -text_case keep -output cased.h5 > output
unchanged refused 3 "cased.h5 has other texts than those the network was trained on, where lower_case is 1" \
  ranks 1 evaluate -run one -dataset cased.h5
ranks 1 generate -darcy_grid 16 -samples 2 -output fields.h5 > output
unchanged refused 3 "fields.h5 has fields as its input, the network was trained on tokens" \
  ranks 1 evaluate -run one -dataset fields.h5
unchanged refused 2 "-model_type fno reads fields, the data have texts" \
  ranks 1 train -run bad -dataset train.h5 -model_type fno
printf 'a\377b\n' > bytes.tsv
unchanged refused 3 "bytes.tsv: line 1 is no valid UTF-8" \
  ranks 2 predict -checkpoint one/best.h5 -input bytes.tsv -text_columns text=1 -output bad.h5
unchanged refused 3 "has single texts, pairs are expected\|has pairs of texts, single ones are expected" \
  ranks 1 predict -checkpoint one/best.h5 -input train.tsv -text_columns text=1,pair=2 -output bad.h5
unchanged refused 2 "test.h5 is no table of texts: leave out -text_columns" \
  ranks 1 predict -checkpoint one/best.h5 -input test.h5 -text_columns text=1 -output bad.h5

# Parts of one file, merged, are what one conversion makes of it. Texts are no inputs of an equation.
# shellcheck disable=SC2086
for part in 0 40 20; do
  ranks 1 convert -input test.tsv $columns -like train.h5 -first $part -samples 20 -output part$part.h5 > output
done
refused 3 "the parts leave out samples 20 to 39" ranks 1 merge -input part0.h5,part40.h5 -output merged.h5
ranks 1 merge -input part0.h5,part40.h5,part20.h5 -output merged.h5 > output
# shellcheck disable=SC2086
ranks 1 convert -input test.tsv $columns -like train.h5 -samples 60 -output whole.h5 > output
cmp merged.h5 whole.h5
refused 3 "test.h5 holds 0 input fields, darcy takes 1" ranks 1 generate -from test.h5 -pde darcy -output solved.h5
