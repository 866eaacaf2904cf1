# A sample shared by several ranks: train ends where it ends on one rank, to the accuracy of 32-bit numbers, on any
# number of axes, steady or not, with both reductions, and goes on with another number; evaluate and predict give what
# one rank gives. What does not fit is refused, a damaged sample too.
set -eu
. "$(dirname "$0")/common.sh"
"$tool" make line.h5 periodic 0 2 1 33
"$tool" make square.h5 cells 0 2 1 13 12
"$tool" make cube.h5 cells 0 1 2 9 8 10
"$tool" make flow.h5 periodic 4 0 2 12 10
network="-model_modes 4 -model_width 8 -model_head 16 -model_padding 0.25 -train_batch 3 -train_microbatch 1
  -train_epochs 6 -train_lr 1e-2"
# shared N K RUN ...
shared() {
  n=$1 k=$2 run=$3
  shift 3
  ranks $n train -run $run $network -ranks_per_sample $k "$@" > output 2> message || fail "$(cat message)"
}
for data in line square cube flow; do
  case $data in flow) more="-train_history 2 -train_rollout 2";; line) \
    more="-train_reduction allreduce -train_normalizer pointwise";; *) more=;; esac
  shared 1 1 $data.1 -dataset $data.h5 -dataset_test $data.h5 $more
  case $data in square) groups="2,2 4,4 4,2 3,3";; *) groups="4,4 4,2";; esac
  for nk in $groups; do
    run=$data.$nk
    shared ${nk%,*} ${nk#*,} $run -dataset $data.h5 -dataset_test $data.h5 $more
    for column in 2 3; do
      one=$(tail -n 1 $data.1/metrics.csv | cut -d , -f $column) several=$(tail -n 1 $run/metrics.csv |
        cut -d , -f $column)
      close "$one" "$several" 1e-4 || fail "$run: $several, on one rank $one"
    done
  done
  ranks 1 evaluate -picture false -run $data.1 -dataset $data.h5 -output one.csv > output
  ranks 4 evaluate -picture false -run $data.1 -dataset $data.h5 -output two.csv -ranks_per_sample 2 > output
  close "$(sed -n 2p one.csv | cut -d , -f 5)" "$(sed -n 2p two.csv | cut -d , -f 5)" 1e-5 ||
    fail "evaluate on two ranks a sample: $(cat one.csv two.csv)"
  ranks 1 predict -checkpoint $data.1/checkpoint.h5 -input $data.h5 -output one.$data.h5 > output
  ranks 3 predict -checkpoint $data.1/checkpoint.h5 -input $data.h5 -output three.$data.h5 -ranks_per_sample 3 > output
  awk -v d="$("$tool" difference three.$data.h5 one.$data.h5)" 'BEGIN { exit !(d < 1e-5) }' ||
    fail "$data: 3 ranks predict something else than one"
done
[ "$(tail -n 1 square.1/metrics.csv | cut -d , -f 2)" != "$(sed -n 2p square.1/metrics.csv | cut -d , -f 2)" ] ||
  fail "nothing was learned"

# A run goes on with another number of ranks for a sample.
part() { n=$1; shift; ranks $n train -run part "$@" > output 2> message; }
ends 75 part 1 $network -dataset square.h5 -max_time 1e-9
ends 0 part 4 -ranks_per_sample 4 -max_time 0
close "$(last_loss square.1)" "$(last_loss part)" 1e-4 ||
  fail "the resumed run ends at $(last_loss part), not $(last_loss square.1)"

ranks 2 train -run new -dataset square.h5 $network -ranks_per_sample 2 -dry_run > output
grep -q "2 ranks share a sample; they add up" output || fail "the plan does not know of shared samples: $(cat output)"
new() { n=$1; shift; ranks $n train -run new $network "$@"; }
unchanged refused 2 "3 ranks cannot be shared out in groups of 2 (-ranks_per_sample): start 2 or 4 ranks" \
  new 3 -dataset square.h5 -ranks_per_sample 2
unchanged refused 2 "1 rank cannot be shared out in groups of 2 (-ranks_per_sample): start 2 ranks" \
  new 1 -dataset square.h5 -ranks_per_sample 2
unchanged refused 2 "option -collision_alpha needs the norms of whole fields" \
  new 2 -dataset square.h5 -ranks_per_sample 2 -collision_alpha 1
unchanged refused 2 "option -model_dropout_kind element draws for each point of whole fields" \
  new 2 -dataset square.h5 -ranks_per_sample 2 -model_residual plain -model_dropout 0.1
unchanged refused 2 \
  "-model_residual transport streams along the first axis, where a rank's slab ends: leave out -ranks_per_sample" \
  new 2 -dataset square.h5 -ranks_per_sample 2 -model_residual transport
unchanged refused 2 "option -ranks_per_sample is 2, with -train_form spacetime a sample stays on one rank" \
  new 2 -dataset flow.h5 -ranks_per_sample 2 -train_form spacetime
"$tool" make small.h5 cells 0 2 1 3 12
unchanged refused 2 "option -ranks_per_sample is 4, the grid has 3 points along its first axis" \
  ranks 4 train -run new -dataset small.h5 -ranks_per_sample 4 -model_modes 1
cp square.h5 damaged.h5
damage damaged.h5 $(($(wc -c < damaged.h5) / 2))
refused 3 "damaged.h5: .*row" new 4 -dataset damaged.h5 -ranks_per_sample 2
