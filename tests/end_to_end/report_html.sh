# kitinet report -html: one page that needs no other file, with the numbers, pictures, options and provenance of the
# runs; names are text, never markup.
set -eu
. "$(dirname "$0")/common.sh"
small_data
for seed in 1 2; do
  train 1 "runs/plain-$seed" -dataset_test test.h5 -train_epochs 2 -seed $seed -model_residual plain
done
train 1 'runs/<i>"a"&b' -dataset_test test.h5 -train_epochs 2 -seed 1
ranks 1 evaluate -run runs/plain-1 -dataset test.h5 > output 2> message
ranks 2 train -run without -dataset train.h5 $network -train_epochs 1 > output 2> message
ends 3 ranks 1 report -run without,runs/plain-1 -html page.html > output 2> message
[ ! -e page.html ] || fail "a page of a run without test error"

runs='runs/plain-1,runs/plain-2,runs/<i>"a"&b'
for n in 1 2; do
  ranks $n report -run "$runs" -html pages/$n.html > output 2> message || fail "$(cat output message)"
done
cmp pages/1.html pages/2.html || fail "two ranks write another page"
[ "$(ls pages | tr '\n' ' ')" = "1.html 2.html " ] || fail "left behind: $(ls pages)"
page=pages/1.html
[ "$(grep -c '<script' $page)" -eq 0 ] && ! grep -q -i -E '(src|href)="?[^d"]|@import|url\(' $page ||
  fail "the page needs other files"
sed 's/base64,[^"]*/base64,/' $page > text
grep -q "default-src 'none'" text || fail "no policy in: $(cat text)"
grep -q '<td class="text">runs/&lt;i&gt;&quot;a&quot;&amp;b</td>' text ||
  fail "the name of a run is not text: $(cat text)"
if grep -q '<i>' text; then fail "markup from the name of a run"; fi
test=$(awk -F , 'END { printf "%.4f", 100 * $3 }' runs/plain-2/metrics.csv)
grep -q "<td>2</td><td>[0-9.]*</td><td>$test</td><td>2</td>" text || fail "no test error $test in: $(cat text)"
fingerprint=$(ranks 1 inspect -input runs/plain-1/checkpoint.h5 | sed -n 's/.*fingerprint \([0-9a-f]*\).*/\1/p')
[ "$(grep -c "<code>$fingerprint</code>" text)" -eq 3 ] || fail "no fingerprint $fingerprint"
grep -q "^model_residual: plain" text || fail "no options in: $(cat text)"

# Pictures: what evaluate left in a run is in the page, byte for byte.
if has gnuplot; then
  n=0
  for picture in runs/plain-1/*.png; do
    n=$((n + 1))
    grep -q -F "base64,$(base64 -w 0 "$picture" | cut -c 1-60000 | head -c 4000)" $page ||
      fail "$picture is not in the page"
    name=$(basename "$picture")
    [ "$(sed -n "s|.*alt=\"$name\" src=\"data:image/png;base64,\([^\"]*\)\".*|\1|p" $page |
      base64 -d | cksum)" = "$(cksum < "$picture")" ] || fail "$picture is another one in the page"
  done
  [ $n -ge 3 ] || fail "evaluate draws $n pictures"
  [ "$(grep -c '^<figure><img' text)" -eq $((n + 1)) ] || fail "not $n pictures and the curves in: $(grep figure text)"
fi
mkdir blocked; : > blocked/file
ends 4 ranks 1 report -run "$runs" -html blocked/file/page.html > output 2> message
# An HTML reader finds every tag closed.
if has xmllint; then
  xmllint --html --noout $page 2> errors || true
  if grep -v -E "Tag (details|summary|figure|figcaption) invalid" errors | grep -q "parser error"; then
    fail "$(cat errors)"
  fi
fi
complete
