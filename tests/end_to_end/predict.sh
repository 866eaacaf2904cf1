# kitinet predict: the inputs come back unchanged, with the network's solutions: as far from the truth as evaluate says,
# on 1 to 3 ranks.
set -eu
. "$(dirname "$0")/common.sh"
small_data
train 2 run -train_epochs 3

for data in test fine; do
  ranks 1 evaluate -run run -dataset $data.h5 -picture false -output table.csv > output
  error=$(sed -n 2p table.csv | cut -d , -f 5)
  for n in 1 3; do
    ranks $n predict -checkpoint run/checkpoint.h5 -input $data.h5 -output $data.$n.h5 > output
    ranks 1 inspect -input $data.$n.h5 > output
    grep -q "checksums are right" output || fail "$data on $n ranks: $(cat output)"
    difference=$("$tool" difference $data.$n.h5 $data.h5)
    close "$error" "$difference" 1e-6 ||
      fail "$data on $n ranks: predictions are $difference away, evaluate says $error"
  done
done

"$tool" make two.h5 cells 0 2 1 16 16
predict() { ranks 1 predict "$@"; }
unchanged refused 2 "predict needs -checkpoint FILE, -input FILE and -output FILE" predict -input test.h5
unchanged refused 2 "test.1.h5: exists" predict -checkpoint run/best.h5 -input test.h5 -output test.1.h5
unchanged refused 2 "nowhere" predict -checkpoint run/best.h5 -input test.h5 -output nowhere/new.h5
unchanged refused 3 "two.h5 has 2 input fields" predict -checkpoint run/best.h5 -input two.h5 -output new.h5
unchanged refused 3 "none.h5: No such file" predict -checkpoint none.h5 -input test.h5 -output new.h5
cp test.h5 damaged.h5
damage damaged.h5 $(($(wc -c < test.h5) / 2))
unchanged refused 3 "damaged.h5: .*row" ranks 2 predict -checkpoint run/best.h5 -input damaged.h5 -output new.h5
ranks 1 predict -checkpoint run/best.h5 -input fine.h5 -output test.1.h5 -overwrite > output
"$tool" difference test.1.h5 fine.1.h5 | grep -q "^0$" || fail "-overwrite leaves something else"
