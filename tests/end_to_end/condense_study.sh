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

# A residual network of convolutions on data that are there: its sizes are those of its stages, and the table has
# accuracies.
task_tool=$(dirname "$PWD")/task_tool
"$task_tool" classes train.h5 3 30 0 kind 16 15
"$task_tool" classes test.h5 3 12 30 kind 16 15
SEEDS=1 EPOCHS=2 TUNE=1 TRAIN_FILE=train.h5 TEST_FILE=test.h5 BATCH=6 FLOPS=0.5 COLLISIONS="-collision_dimension 2" \
  NETWORK="-model_type resnet -model_depth 8 -model_width 4" \
  OPTIONS="-train_microbatch 2 -train_optimizer sgd -train_lr 0.05" WORK=images OUTPUT=results/images.csv \
  limited sh "$KITINET_SOURCE/jobs/condense_study.sh" > output 2> message || fail "ends with $?: $(cat message)"
columns=residual,seed,flops,network,width,width_2,width_3,parameters,mflop,error,ms_1,ms_2,ms_4,accuracy
[ "$(sed -n 1p results/images.csv)" = $columns ] && [ "$(wc -l < results/images.csv)" -eq 11 ] ||
  fail "$(cat results/images.csv)"
for of in scratch:collision-seed1-flops0.5-scratch long:collision-seed1-long; do
  row=$(grep "^collision,1,0.5,${of%%:*}," results/images.csv)
  last=$(tail -n 1 "images/${of#*:}/metrics.csv")
  [ "$(echo "$row" | cut -d , -f 10,14)" = "$(echo "$last" | cut -d , -f 3,7)" ] || fail "$row; $last"
  i=5
  for option in model_width model_width_2 model_width_3; do
    value=$(sed -n "s/^$option: //p" "images/${of#*:}/config.yaml") size=$(echo "$row" | cut -d , -f $i) i=$((i + 1))
    [ "${value:-0}" = "$size" ] || [ "${value:-0}" = 0 ] || fail "$option is $value, in the table $size"
  done
done
grep -q "^model_width_3: $(grep ^collision,1,0.5,fine-tuned results/images.csv | cut -d , -f 7)$" \
  images/collision-seed1-flops0.5-scratch/config.yaml || fail "$(cat results/images.csv)"
grep -q "^plain  *0.5 fine-tuned .* %$" output || fail "$(cat output)"
