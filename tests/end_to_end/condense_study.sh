# jobs/condense_study.sh: a row for each network, the numbers those of the runs; again, it trains nothing twice.
# jobs/condensation_measures.sh: takes those runs, trains the others, a row for each epoch and matrix.
set -eu
. "$(dirname "$0")/common.sh"
export KITINET
study() {
  SEEDS=1 EPOCHS=2 TUNE=1 GRID=16 TRAIN=20 WIDTH=16 MODES=4 FLOPS=0.6 COLLISIONS="-collision_dimension 2" \
    WORK=work OUTPUT=results/out.csv limited sh "$KITINET_SOURCE/jobs/condense_study.sh" > output 2> message
}
study || fail "ends with $?: $(cat message)"
{
  echo residual,seed,flops,network
  for r in collision plain; do
    for n in full pruned fine-tuned long scratch; do echo "$r,1,0.6,$n"; done
  done
} > expected
cut -d , -f 1-4 results/out.csv | cmp - expected || fail "$(cat results/out.csv)"
awk -F , 'NF != 13 || (NR > 1 && !($10 > 0)) { exit 1 }' results/out.csv || fail "$(cat results/out.csv)"
error=$(tail -n 1 work/plain-seed1-flops0.6-scratch/metrics.csv | cut -d , -f 3)
[ "$(grep plain,1,0.6,scratch results/out.csv | cut -d , -f 10)" = "$error" ] ||
  fail "the error of a run: $(cat results/out.csv)"
grep -q "^plain  *0.6 fine-tuned" output || fail "$(cat output)"
find work results -type f -exec cksum {} + | sort > before
study || fail "again, it ends with $?: $(cat message)"
find work results -type f -exec cksum {} + | sort | cmp - before || fail "again, it changes files"

ls work > before
SEEDS=1 EPOCHS=2 GRID=16 TRAIN=20 WIDTH=16 MODES=4 RATES="0.3 1" LAWS=line_of_centres \
  WORK=work OUTPUT=results/measures.csv limited sh "$KITINET_SOURCE/jobs/condensation_measures.sh" \
  > output 2> message || fail "the measures end with $?: $(cat message)"
[ "$(ls work | grep -vxFf before | tr '\n' ' ')" = "line_of_centres-0.3-seed1 line_of_centres-0.3-seed1.log " ] ||
  fail "not one more run: $(ls work)"
rows=$(cut -d , -f 1,2,4 results/measures.csv | uniq -c | awk '{ print $1, $2 }' | tr '\n' ' ')
[ "$rows" = "1 law,rate,epoch 8 none,0,0 8 line_of_centres,0.3,0 8 line_of_centres,1,0 " ] ||
  fail "$(cat results/measures.csv)"
grep -h "^0,block1.spectral," work/plain-seed1/condensation.csv | cut -d , -f 3-5 > expected
sed -n "s/^none,0,1,0,block1.spectral,\(.*\),,$/\1/p" results/measures.csv | cmp - expected ||
  fail "other measures: $(cat results/measures.csv)"
