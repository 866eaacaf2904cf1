# jobs/uncertainty_study.sh: a row for each network and dataset, the numbers those of its evaluations, before the fit
# and after; ranks of every point; again, it trains nothing twice.
set -eu
. "$(dirname "$0")/common.sh"
export KITINET
# Fewer channels are too few particles: their collisions hardly differ.
study() {
  options="-model_width 32 -model_modes 4 -model_head 16 -train_batch 4 -train_microbatch 2"
  SAMPLES=8 JUDGED=8 EPOCHS=1 MEMBERS=4 SEEDS=2 GRID=8 POINTS=32 OPTIONS="$options" \
    WORK=work RESULT=table.csv limited sh "$KITINET_SOURCE/jobs/uncertainty_study.sh" > output 2> message
}
study || fail "ends with $?: $(cat message)"
for problem in "darcy high lognormal" "burgers rough thick"; do
  set -- $problem
  for n in collision collision_rare dropout_element dropout_channel; do
    for row in "$1_test,8,4,0" "$1_test,8,4,4" "$1_$2,8,4,4" "$1_$3,8,4,4"; do echo "$1,$n,2,$row"; done
  done
done > expected
tail -n +2 table.csv | cut -d , -f 1-6,8 | diff expected - > message || fail "other rows than: $(cat message)"
awk -F , 'NF != 14 || (NR > 1 && !($12 > 0)) || (NR > 1 && ($8 == 0) != ($7 == 1)) { exit 1 }' table.csv ||
  fail "$(cat table.csv)"
grep burgers_rough.h5 work/burgers-dropout_channel-2/details/reliability.csv | cut -d , -f 5- > expected
[ -s expected ] || fail "no row of burgers_rough.h5"
grep '^burgers,dropout_channel,2,burgers_rough,' table.csv | cut -d , -f 7- | cmp - expected ||
  fail "not the numbers of the evaluation: $(cat table.csv)"
# 8 samples of 8 x 8 or 32 points for each network, the truth at one of 5 ranks
awk -F , 'NR > 1 { sum[$1 "," $2] += $5; n[$1 "," $2]++ } END {
  for (k in sum) if (n[k] != 5 || sum[k] != 8 * (k ~ /^darcy/ ? 64 : 32)) exit 1; exit length(sum) != 8 }' \
  table_ranks.csv || fail "$(cat table_ranks.csv)"
grep -q "residual: *.\?plain" work/darcy-dropout_element-2/config.yaml &&
  grep -q "collision_rate: 0.3" work/darcy-collision_rare-2/config.yaml ||
  fail "networks with other options: $(cat work/darcy-*/config.yaml)"
find work table* -type f ! -name log ! -name '*.png' -exec cksum {} + | sort > before
study || fail "again, it ends with $?: $(cat message)"
find work table* -type f ! -name log ! -name '*.png' -exec cksum {} + | sort | diff before - > message ||
  fail "again, it changes files: $(cat message)"
