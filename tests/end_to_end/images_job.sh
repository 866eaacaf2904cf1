# jobs/images.sh from pictures to tables, with CIFAR files and with folders; done twice, nothing begins again; what it
# cannot work with is refused in one line.
set -eu
. "$(dirname "$0")/refused.sh"
empty_folder
picture=$(dirname "$PWD")/picture_tool
job=$KITINET_SOURCE/jobs/images.sh
export KITINET EPOCHS=1 RANKS=2 BATCH=8 WORK="$PWD/work"

mkdir ten
for i in 1 2 3 4 5; do $picture cifar ten/data_batch_$i.bin 1 8 $((8 * i - 8)) 4; done
$picture cifar ten/test_batch.bin 1 8 40 4
printf 'cat\ndog\nmule\nox\n' > ten/batches.meta.txt
says() { # CODE PHRASE WORD ..: ends with this code and one line
  expected=$1 phrase=$2 code=0; shift 2
  sh "$job" "$@" > output 2> message || code=$?
  [ $code -eq "$expected" ] && [ "$(wc -l < message)" -eq 1 ] && grep -q -e "$phrase" message ||
    fail "$code: $(cat output message)"
}
says 2 "usage: sh jobs/images.sh FOLDER"
says 2 "no folder nowhere" nowhere
mkdir empty
says 2 "has neither CIFAR's files nor the folders train and test" empty
[ ! -e work ] || fail "something is left"

limited sh "$job" ten > output 2> message || fail "$(cat output message)"
for file in train.h5 test.h5 plain/best.h5 collision/best.h5 accuracy.csv details/confusion.csv predicted.csv; do
  [ -s work/$file ] || fail "no $file: $(cat output message)"
done
[ "$(wc -l < work/predicted.csv)" -eq 9 ] || fail "$(cat work/predicted.csv)"
grep -q '^Mean accuracy in %' output || fail "$(cat output)"
if has gnuplot; then
  for file in train-samples collision/worst_test collision/confusion_test plain/curves; do
    [ -s work/$file.png ] || fail "no picture $file: $(cat output message)"
  done
fi
# Once more: nothing is converted or trained again.
cksum work/*.h5 work/*/checkpoint.h5 | grep -v predicted > before
limited sh "$job" ten > output 2> message || fail "$(cat output message)"
cksum work/*.h5 work/*/checkpoint.h5 | grep -v predicted | cmp - before || fail "it began again"

mkdir -p photos/train/a photos/train/b photos/test/a photos/test/b
code=0
$picture png photos/train/a/0.png rgb 20 30 0 0 || code=$?
if [ $code = 0 ]; then
  for i in 0 1 2 3 4 5; do
    for part in train test; do
      $picture png photos/$part/a/$i.png rgb 20 30 0 $i
      $picture png photos/$part/b/$i.png rgb 26 24 1 $i
    done
  done
  WORK="$PWD/small" SIZE=16 limited sh "$job" photos > output 2> message || fail "$(cat output message)"
  [ "$(sed -n 2p small/predicted.csv | cut -d , -f 2)" = a/0.png ] || fail "$(cat small/predicted.csv)"
else
  missing="$missing libpng"
fi
complete
