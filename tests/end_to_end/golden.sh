# The golden files, tests/golden/: datasets and checkpoints of earlier versions, which every later one opens and finds
# the same numbers in. golden.sh describe: what the program says of them, on stdout, in place of comparing it with
# expected.txt.
set -eu
. "$(dirname "$0")/refused.sh"
golden=$KITINET_SOURCE/tests/golden
tool=$(dirname "$PWD")/dataset_tool
empty_folder

shown() { ranks 1 inspect -input "$golden/$1.h5" > shown; }
fingerprint() { sed -n '1s/.*fingerprint //p' shown; }
# last FILE ARRAY [TYPE]: the last 16 bytes of its values, of a type of od's
last() { "$tool" floats "$1" "$2" | tail -c 16 | od -An "-t${3:-f4}" | tr -s ' '; }

# dataset NAME ARRAY [TYPE]
dataset() {
  shown "$1"
  grep -q "checksums are right" shown || fail "$1: $(cat shown)"
  echo "$1 fingerprint $(fingerprint)"
  echo "$1 values$(last "$golden/$1.h5" "$2" "${3:-f4}")"
}

# checkpoint NAME DATA ARRAY ...: options of predict
checkpoint() {
  name=$1 data=$2 array=$3; shift 3
  shown "$name"
  echo "$name weights $(sed -n 's/^  weights *SHA-256 //p' shown)"
  sed -n "s/^  origin */$name origin /p" shown
  ranks 1 predict -checkpoint "$golden/$name.h5" -input "$golden/$data.h5" -output "$name.h5" -overwrite "$@" > output
  echo "$name predicts$(last "$name.h5" "$array")"
}

# resumed NAME DATA: the loss of a third epoch, in which the moments matter
resumed() {
  mkdir run
  cp "$golden/$1.h5" run/checkpoint.h5
  cp "$golden/$1.yaml" run/config.yaml
  cp "$golden/$2.h5" .
  ranks 1 train -run run -train_epochs 3 > output 2> message || fail "$(cat message)"
  echo "$1 loss $(tail -n 1 run/metrics.csv | cut -d , -f 2)"
  rm -r run
}

describe() {
  for name in cells periodic cube; do dataset $name y; done
  dataset nodes x
  dataset frames u
  dataset images x u1
  dataset images label d4
  dataset texts length d4
  dataset points parameters f8
  dataset videos u u1
  for name in plain fno_collision collision transport dropout origin; do checkpoint $name cells y; done
  checkpoint dropout cells y -model_dropout_evaluate sample -collision_samples 4
  checkpoint fno nodes y
  checkpoint pointwise periodic y
  checkpoint unnormalised cube y
  for name in rollout spacetime; do checkpoint $name frames u; done
  resumed plain cells
  resumed rollout frames
  dataset words length d4
  checkpoint transformer words probability
  checkpoint transformer words probability -collision_evaluate sample -collision_samples 4
  resumed transformer words
}

describe > described
if [ "${1:-}" = describe ]; then cat described; exit 0; fi
# Words are the same; numbers may differ in what another processor rounds.
awk -v expected="$golden/expected.txt" '
  { if ((getline line < expected) != 1) { print "more than expected: " $0; exit 1 }
    n = split(line, word, " ")
    for (i = 1; i <= n || i <= NF; i++) {
      if ($i == word[i]) continue
      d = $i - word[i]; if (d < 0) d = -d
      s = word[i] < 0 ? -word[i] : word[i]
      if (!($2 ~ /^(predicts|loss)$/ && i > 2 && d <= 1e-5 * s)) { print $0 "; expected: " line; exit 1 }
    } }
  END { if ((getline line < expected) == 1) { print "missing: " line; exit 1 } }' described > differences ||
    fail "$(cat differences)"
