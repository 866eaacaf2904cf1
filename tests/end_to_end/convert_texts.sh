# kitinet convert of texts: tables, JSON lines, aclImdb's folders, single texts and pairs: every word and label; the
# same file on any number of ranks; a test set by another's vocabulary; what does not fit is refused in one
# line, or counted.
set -eu
. "$(dirname "$0")/refused.sh"
rm -rf ./*

convert() { n=$1; shift; ranks "$n" convert "$@" > output 2> message || fail "$* ends with $?: $(cat message)"; }
bad() { refused 3 "$@" -output new.h5; }
one() { ranks 1 convert "$@"; }
said() { grep -q -F -e "$1" output || fail "no \"$1\" in: $(cat output)"; }
# shows FILE TEXT ..: each of these lines stands in what inspect shows of it
shows() {
  ranks 1 inspect -input "$1" -samples_shown 99 > shown 2> message || fail "$(cat message)"
  file=$1; shift
  for line in "$@"; do grep -q -F -x -e "    $line" shown || fail "$file: no text \"$line\" in: $(cat shown)"; done
}
# rows FILE: row, class and words of each sample on a line
rows() {
  ranks 1 inspect -input "$1" -samples_shown 99 |
    awk '/^  row / { printf "%s%s", n++ ? "\n" : "", $0; next } n { printf "%s", $0 } END { print "" }'
}

printf 'review\tsentiment\nA fine film\tpos\nThe film isn'\''t fine, "fine"\tneg\n\n  Film?  \tpos\r\n' > table.tsv
code=0
columns="-text_columns text=review,label=sentiment"
# shellcheck disable=SC2086 # words
one -input table.tsv $columns -text_least 1 -output table.h5 > output 2> message || code=$?
converted $code
said "3 samples of a table of texts, tab-separated, up to 256 words, 2 classes: table.h5"
shows table.h5 'a fine film' "the film isn't fine , \" fine \"" 'film ?'
# by frequency, then by bytes
grep -q -F 'vocabulary  12 words: [padding] [unknown] [separator] [beginning] film fine " , ? a isn'"'t the" shown ||
  fail "$(cat shown)"
grep -q '0  neg  *1 samples' shown && grep -q '1  pos  *2 samples' shown || fail "$(cat shown)"
convert 3 -input table.tsv -text_columns text=review,label=sentiment -text_least 1 -output table-3.h5
cmp table.h5 table-3.h5
convert 1 -input table.tsv -text_columns text=review,label=sentiment -text_case keep -text_words 16 -output cased.h5
shows cased.h5 '[unknown] fine film' '[unknown] film [unknown] fine [unknown] " fine "' '[unknown] [unknown]'
said "unknown: 37.5 % of the words, mean length 5.3, vocabulary of 7"

# Quotes, embedded line breaks, byte order mark, markup, languages without blanks, letters beyond ASCII.
printf '\357\273\277id,text,label\n1,"two\nlines, ""quoted""",b\n' > comma.csv
printf '2,Grüße <br />aus &amp; <i>KÖLN</i> 1 < 2,a\n3,猫が好き,"a"\n' >> comma.csv
convert 1 -input comma.csv -text_least 1 -text_markup drop -output comma.h5
shows comma.h5 'two lines , " quoted "' 'grüße aus & köln 1 < 2'
grep -q '猫' shown || fail "$(cat shown)"
convert 1 -input comma.csv -text_least 1 -output markup.h5
shows markup.h5 'grüße < br / > aus & amp ; < i > köln < / i > 1 < 2'
printf '"a\tb"\tx\n"c\nd"\ty\n' > quoted.tsv
convert 1 -input quoted.tsv -text_columns text=1,label=2 -text_quotes all -text_least 1 -output quoted.h5
shows quoted.h5 'a b' 'c d'
printf '"a" film\tx\n"b\ty\n' > plain.tsv # of a table with tabs quotes are text
convert 1 -input plain.tsv -text_columns text=1,label=2 -text_least 1 -output plain.h5
shows plain.h5 '" a " film' '" b'

# Pairs: SNLI's table and JSON lines say the same; "-" is no label.
printf 'gold_label\tsentence1\tsentence2\nneutral\tA man.\tHe sleeps\n' > snli_dev.txt
printf -- '-\tx\ty\nentailment\tA man.\tA man\n' >> snli_dev.txt
convert 1 -input snli_dev.txt -text_least 1 -output dev.h5
said 'left out: 1 samples whose label is "-"'
shows dev.h5 'a man . [separator] he sleeps' 'a man . [separator] a man'
cat > snli_dev.jsonl << 'END'
{"annotator_labels": ["neutral"], "gold_label": "neutral", "sentence1": "A man.", "sentence2": "He \u0073leeps"}
{"gold_label": "-", "sentence1": "x", "sentence2": "y"}
{"gold_label": "entailment", "sentence1": "A man.", "sentence2": "A man"}
END
code=0
one -input snli_dev.jsonl -text_least 1 -output lines.h5 > output 2> message || code=$?
if [ $code = 3 ] && grep -q "built without jansson" message; then
  missing="$missing jansson"
else
  [ $code = 0 ] || fail "$(cat message)"
  said 'left out: 1 samples whose label is "-"'
  rows dev.h5 > expected
  rows lines.h5 | cmp - expected
  bad 'has no column label_, which -text_columns names; it has annotator_labels, gold_label, sentence1, sentence2' \
    one -input snli_dev.jsonl -text_columns text=sentence1,label=label_
  printf '{"text": "a", "label": 1}\n{"text": "b", "label": 0}\n' > number.jsonl
  convert 1 -input number.jsonl -classes no,yes -output number.h5
  rows number.h5 | grep -q 'row 0, class 1 (yes)' || fail "$(rows number.h5)"
  printf '{"text": "a", "label": 1}\n{"text": ["b"], "label": 0}\n' > list.jsonl
  bad 'list.jsonl: line 2 has something else as its "text", expected a text' one -input list.jsonl
  printf '{"text": "a", "label": 1}\n{"text": "b" "label": 0}\n' > broken.jsonl
  bad 'broken.jsonl: line 2 is no JSON: ' one -input broken.jsonl
  printf '[{"text": "a", "label": 1}]\n' > array.json
  bad 'array.json: line 1 is no JSON object' one -input array.json
fi
convert 1 -input snli_dev.txt,snli_dev.txt -output twice.h5
said "4 samples of"

# aclImdb: a folder for each class, in turn; reviews without a label are left out, which is said.
mkdir -p aclImdb/train/pos aclImdb/train/neg aclImdb/train/unsup
for i in 1 2 3; do echo "good $i" > aclImdb/train/pos/${i}_9.txt; done
echo "bad 1" > aclImdb/train/neg/1_2.txt
echo "nothing" > aclImdb/train/unsup/1_0.txt
echo "http://host/1" > aclImdb/train/urls_pos.txt
for n in 1 2; do
  convert $n -input aclImdb/train -text_least 1 -output folder-$n.h5
  cmp folder-1.h5 folder-$n.h5
done
said "left out: the folder unsup, whose texts have no label"
said "4 samples of a folder of texts, up to 256 words, 2 classes"
rows folder-1.h5 > shown
[ "$(cut -d , -f 2- shown | sed 's/ (.*tokens  */ /' | tr -s '\n' ';')" = \
  ' class 1 good 1; class 0 bad 1; class 1 good 2; class 1 good 3;' ] ||
  fail "$(cat shown)"

# A test set by the training set's vocabulary, classes and rules.
printf 'text,label\nthe FILM isn'\''t new <b>fine</b>,pos\n' > test.csv
# shellcheck disable=SC2086 # words
convert 1 -input table.tsv $columns -text_least 1 -text_markup drop -text_length 7 -output train.h5
said "cut: 1 samples of more than 7 words"
convert 1 -input test.csv -like train.h5 -output like.h5
shows like.h5 "the film isn't [unknown] fine"
rows like.h5 | grep -q 'row 0, class 1 (pos), 6 tokens' || fail "$(rows like.h5)"
refused 2 "is read by the rules of -like, where lower_case is 1: leave out -text_case" \
  one -input test.csv -like train.h5 -text_case keep -output new.h5
refused 2 "which has 7 words: leave out -text_length" one -input test.csv -like train.h5 -text_length 9 -output new.h5
refused 2 "has the classes of -like: leave out -classes" one -input test.csv -like train.h5 -classes a,b -output new.h5
printf 'text,label\nfilm,neutral\n' > single.csv
bad "has single texts, pairs are expected: name them" one -input single.csv -like dev.h5
printf 'text,label\nfilm,maybe\n' > maybe.csv
bad "maybe.csv: line 2 has the label maybe, the classes are neg, pos" one -input maybe.csv -like train.h5
bad "maybe.csv: line 2 has the label maybe, the classes are no, yes" one -input maybe.csv -classes no,yes

# Stems: of the training set's language in the test set and in a prediction, too.
printf 'text,label\nShe plays; they are PLAYING,pos\nplayed Straßen,neg\n' > plays.csv
code=0
one -input plays.csv -text_least 1 -text_stem english -output stems.h5 > output 2> message || code=$?
if [ $code = 3 ] && grep -q "built without libstemmer" message; then
  missing="$missing libstemmer"
else
  [ $code = 0 ] || fail "$(cat message)"
  shows stems.h5 'she play ; they are play' 'play straßen'
  grep -q 'stem_english = 1' shown || fail "$(cat shown)"
  convert 3 -input plays.csv -text_least 1 -text_stem english -output stems-3.h5
  cmp stems.h5 stems-3.h5
  printf 'text,label\nher playing,pos\n' > playing.csv
  convert 1 -input playing.csv -like stems.h5 -output like-stems.h5
  shows like-stems.h5 '[unknown] play'
  refused 2 "is read by the rules of -like, whose stems are english: leave out -text_stem" \
    one -input playing.csv -like stems.h5 -text_stem none -output new.h5
  refused 2 "whose stems are none: leave out -text_stem" \
    one -input test.csv -like train.h5 -text_stem english -output new.h5
  refused 2 "cannot get stems of words with capitals: leave out -text_case keep" \
    one -input plays.csv -text_case keep -text_stem english -output new.h5
  ranks 1 train -dataset stems.h5 -run run -train_epochs 1 -train_batch 2 -model_type transformer -model_layers 1 \
    -model_width 8 -model_heads 2 > /dev/null
  printf 'text\nher playing\nhis play\nhis\n' > three.csv # the first two are the same to the network, the last is not
  ranks 1 predict -checkpoint run/checkpoint.h5 -input three.csv -output predicted.h5 > /dev/null
  sed 1d predicted.csv | cut -d , -f 3- | uniq -c | awk '{ print $1 }' | tr '\n' ' ' > counts
  [ "$(cat counts)" = "2 1 " ] || fail "$(cat predicted.csv)"
  refused 3 "table.h5 has 12 words, the network was trained on" \
    ranks 1 evaluate -run run -dataset table.h5
fi

# Long pairs: the longer text first; a text without words is counted.
printf '1 2 3 4 5 6 7\ta b c d e f g h\tx\n1\ta b c d e f g h\tx\n\t \ty\n' > long.tsv
convert 1 -input long.tsv -text_columns text=1,pair=2,label=3 -text_length 8 -text_least 1 -output long.h5
shows long.h5 '1 2 3 [separator] a b c' '1 [separator] a b c d e' '[separator]'
said "cut: 2 samples of more than 8 words"
said "empty: 1 samples with a text without words"

# What does not fit: file and line, and what to do.
printf 'text,label\ngood,a\nr\351sum\351,b\n' > latin.csv
bad 'latin.csv: line 3 is no valid UTF-8: convert it' ranks 3 convert -input latin.csv
printf 'bad \300\257\n' > aclImdb/train/neg/2_1.txt
bad 'aclImdb/train/neg/2_1.txt: the text is no valid UTF-8' ranks 2 convert -input aclImdb/train
bad 'has the columns review, sentiment: say which is which, as in -text_columns' one -input table.tsv
bad 'has no column labl, which -text_columns names; it has review, sentiment' \
  one -input table.tsv -text_columns text=review,label=labl
refused 2 '-text_columns has "txt=review", expected' one -input table.tsv -text_columns txt=review -output new.h5
refused 2 '-text_columns names no label=COLUMN' one -input plain.tsv -text_columns text=1 -output new.h5
bad 'has 2 columns, -text_columns names number 3' one -input plain.tsv -text_columns text=1,label=3
printf 'text,label\na,b\nc\n' > short.csv
bad 'short.csv: line 3 has 1 columns, the first has 2' one -input short.csv
printf 'text,label\n"a,b\nc,d\n' > open.csv
bad 'open.csv: line 2 has a quote without an end' one -input open.csv
printf 'text,label\n"a"b,c\n' > behind.csv
bad 'behind.csv: line 2: column 1 goes on behind its last quote' one -input behind.csv
printf 'text,label\na,\n' > unlabelled.csv
bad 'unlabelled.csv: line 2 has no label' one -input unlabelled.csv
printf 'text,label\n' > none.csv
bad 'none.csv: holds no texts' one -input none.csv
printf '\n\n' > blank.csv
bad 'blank.csv: is empty' one -input blank.csv
refused 2 'no texts: leave out -text_columns' one -input table.h5 -text_columns text=1 -output new.h5
refused 2 'format npy\|holds fields alone' one -input test.csv -format npy -output new.npy,new2.npy
bad 'holds more than fields on one grid' one -input table.h5
mkdir -p both/train both/test
cp -r aclImdb/train/pos both/train; cp -r aclImdb/train/pos both/test
bad 'both: holds the folders train and test: convert both/train, and both/test with -like' one -input both
[ ! -e new.h5 ] || fail "a file is left"
complete
