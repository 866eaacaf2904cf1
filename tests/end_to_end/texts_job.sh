# jobs/texts.sh from texts to tables, with aclImdb's folders and with tables; done twice, nothing begins again; what it
# cannot work with is refused in one line.
set -eu
. "$(dirname "$0")/refused.sh"
rm -rf ./*
job=$KITINET_SOURCE/jobs/texts.sh
export KITINET EPOCHS=1 RANKS=1 BATCH=8 WIDTH=8 LAYERS=1 LENGTH=32 WORK="$PWD/work"

says() { # CODE PHRASE WORD ..: ends with this code and one line
  expected=$1 phrase=$2 code=0; shift 2
  sh "$job" "$@" > output 2> message || code=$?
  [ $code -eq "$expected" ] && [ "$(wc -l < message)" -eq 1 ] && grep -q -e "$phrase" message ||
    fail "$code: $(cat output message)"
}
says 2 "usage: sh jobs/texts.sh FOLDER"
says 2 "no folder nowhere" nowhere
mkdir empty
says 2 "has neither a folder train nor a file" empty
[ ! -e work ] || fail "something is left"

for part in train test; do
  mkdir -p aclImdb/$part/pos aclImdb/$part/neg
  for i in 1 2 3 4 5 6 7 8; do
    echo "a good film, number $i" > aclImdb/$part/pos/${i}_9.txt
    echo "a bad film,<br />number $i" > aclImdb/$part/neg/${i}_1.txt
  done
done
code=0
"$KITINET" convert -input aclImdb/train -output try.h5 > output 2> message || code=$?
converted $code
limited sh "$job" aclImdb > output 2> message || fail "$(cat output message)"
for file in train.h5 test.h5 plain/best.h5 collision/best.h5 accuracy.csv details/confusion.csv predicted.csv; do
  [ -s work/$file ] || fail "no $file: $(cat output message)"
done
[ "$(wc -l < work/predicted.csv)" -eq 17 ] || fail "$(cat work/predicted.csv)"
grep -q '^Mean accuracy in %' output || fail "$(cat output)"
# Once more: nothing is converted or trained again.
cksum work/*.h5 work/*/checkpoint.h5 | grep -v predicted > before
limited sh "$job" aclImdb > output 2> message || fail "$(cat output message)"
cksum work/*.h5 work/*/checkpoint.h5 | grep -v predicted | cmp - before || fail "it began again"

mkdir snli
for part in train test; do
  printf 'gold_label\tsentence1\tsentence2\nneutral\tA man.\tHe sleeps\n' > snli/snli_1.0_$part.txt
  printf -- '-\tx\ty\nentailment\tA man.\tA man\n' >> snli/snli_1.0_$part.txt
done
WORK="$PWD/pairs" limited sh "$job" snli > output 2> message || fail "$(cat output message)"
[ "$(wc -l < pairs/predicted.csv)" -eq 4 ] || fail "$(cat pairs/predicted.csv)"
