# Wrong options: exit code 2 (3 where the file of options is at fault), one line that says what, where and what to do,
# and nothing is created.
set -eu
. "$(dirname "$0")/common.sh"
small_data
bad() { unchanged refused "$@"; }
trains() { ranks 1 train -run new -dataset train.h5 "$@"; }
long() { head -c "$1" /dev/zero | tr '\0' a; }

bad 2 'no command given; "kitinet -help"' ranks 1
bad 2 'unknown command "tarin"; "kitinet -help" lists the commands' ranks 1 tarin
bad 2 "train needs -run DIRECTORY" ranks 1 train
bad 2 "train needs -dataset FILE" ranks 1 train -run new
bad 2 "option -run needs a value" ranks 1 train -run -dataset train.h5
# What is misspelt before what is missing; what may be an option of a file that is not named, behind it
bad 2 "unknown option -dataste, did you mean -dataset?" ranks 1 train -dataste train.h5
bad 2 "unknown option -train_epohcs, did you mean -train_epochs?" ranks 1 train -run new -train_epohcs 3
bad 2 "train needs -dataset FILE" ranks 1 train -run new -train_history 2 -train_form spacetime -collision_rate 0.3
bad 2 "unknown option -rnu, did you mean -run?" ranks 1 evaluate -rnu new -dataset train.h5
bad 2 "evaluate needs -run DIRECTORY" ranks 1 evaluate -dataset train.h5 -collision_evaluate sample -model_width 32
bad 2 "evaluate needs -dataset FILE" ranks 1 evaluate -run new
bad 2 "unknown option -chekpoint, did you mean -checkpoint?" ranks 1 predict \
  -chekpoint best.h5 -input train.h5 -output new.h5
bad 2 "unknown option -outptu, did you mean -output?" ranks 1 condense -checkpoint best.h5 \
  -dataset train.h5 -outptu new.h5
bad 2 "condense needs -checkpoint FILE" ranks 1 condense -dataset train.h5 -output new.h5 -train_epochs 3
bad 2 "unknown option -inptu, did you mean -input?" ranks 1 convert -inptu train.h5 -output new.h5

bad 2 "option -train_lr is nan, out of range: 1e-10 to 10" trains -train_lr nan
bad 2 "option -train_lr is 1e400, out of range" trains -train_lr 1e400
bad 2 "option -train_lr is -1, out of range" trains -train_lr -1
bad 2 "option -train_epochs is 99999999999999999999, out of range" trains -train_epochs 99999999999999999999
bad 2 'option -train_epochs is "2.5", expected a whole number' trains -train_epochs 2.5
bad 2 "option -train_samples is 25, the dataset holds 24: give at most that" trains -model_modes 4 -train_samples 25
bad 2 "option -model_width is 0, out of range" trains -model_width 0
bad 2 "option -train_word_dropout is for texts; the dataset holds others: leave it out" trains -model_modes 4 \
  -train_word_dropout 0.1
bad 2 "option -train_batch is 2000000000, out of range" trains -train_batch 2000000000
bad 2 'option -model_residual is "none", expected one of collision, plain, fno, fno_collision, transport' trains \
  -model_residual none
bad 2 "collision_dimension 3 does not divide the 8 channels .* choose one of 1, 2, 4, 8" \
  trains -model_width 8 -collision_dimension 3
bad 2 "unknown option -train_epohcs, did you mean -train_epochs?" trains -train_epohcs 3
bad 2 'unknown option -frobnicate; "kitinet train -help" lists the options' trains -frobnicate
PETSC_OPTIONS="-seed 1 -frobnicate 2" \
  bad 2 "unknown option -frobnicate, which stands in the environment variable PETSC_OPTIONS" trains
mkdir -p home
echo "-frobnicate 2" > home/.petscrc
HOME=$PWD/home bad 2 "unknown option -frobnicate, which stands in .petscrc of this folder or of your home" trains
rm -r home
bad 2 "option -seed is given twice on the command line; keep one" trains -seed 1 -seed 2
bad 2 'unexpected word "plain"' trains plain
bad 2 "option -train_lr is \"a*\", expected a number" trains -train_lr "$(long 100000)"
bad 2 "unknown option -aaa.* a name of 100001 bytes" trains "-$(long 100000)"

# For files of options the program looks at the first 64 KiB only: 10 MB in one line are not read.
file() { printf "$1" > options.yaml; shift; bad "$@" trains -options_file_yaml options.yaml; }
file "train_lr: 1e400\n" 2 "option -train_lr is 1e400, out of range"
file "train_lr: 1\ntrain_lr: 2\n" 2 "options.yaml: train_lr is given twice; keep one"
file "trian_lr: 1\n" 2 "unknown option -trian_lr, did you mean -train_lr?"
file "train_lr 1\n" 3 'options.yaml: not YAML of the form "name: value"'
file '\211HDF\r\n\032\n' 3 "options.yaml: not YAML"
head -c 10000000 /dev/zero | tr '\0' a > options.yaml
bad 3 "options.yaml: larger than 64 KiB" trains -options_file_yaml options.yaml
bad 3 "options file nowhere.yaml: No such file" trains -options_file_yaml nowhere.yaml
bad 3 "options file .: not a regular file" trains -options_file_yaml .
bad 3 "options file train.h5: " trains -options_file_yaml train.h5

# All ranks together
bad 2 "unknown option -train_epohcs, did you mean" ranks 2 train -run new -dataset train.h5 -train_epohcs 3
bad 3 "not YAML\|larger" ranks 2 train -run new -dataset train.h5 -options_file_yaml options.yaml

# Names of runs: what a shell or YAML might take apart works, and the run resumes; what no terminal shows is refused.
for name in "a b" "it's" 'q"x' "# c" "a: b" '$(x)' '%s%n' 'x\y' "- z" "üñ→" "names/../up"; do
  train 1 "$name" -train_epochs 1
  [ -f "$name/checkpoint.h5" ] || fail "no checkpoint in $name"
  cp "./$name/config.yaml" config
  ranks 1 train -run "$name" > output 2> message || fail "$name does not resume: $(cat message)"
  cmp "./$name/config.yaml" config || fail "$name: the options change when it resumes"
done
named() { ranks 1 train -dataset train.h5 $network -run "$1"; }
bad 2 "option -run holds a control character (byte 10); leave it out" named "$(printf 'a\nb')"
bad 2 "option -run holds a control character (byte 27)" named "$(printf 'a\033[31mb')"
bad 2 "5000 bytes long; at most 4095" named "$(long 5000)"
bad 2 "the path is too long" named "$(long 4090)"
bad 4 "run directory aaa.*: File name too long; choose another with -run" named "$(long 300)"
bad 2 \
  "-model_dropout_kind residual leaves out the step of a residual connection, of which -model_residual fno has none" \
  trains -model_residual fno -model_dropout 0.1 -model_dropout_kind residual
bad 2 "-model_dropout is for -model_residual plain or fno, not collision" trains -model_dropout 0.1
bad 2 "-collision_train mean needs -collision_alpha 0" trains -collision_train mean -collision_alpha 1

# Control characters in a message are shown, not obeyed.
refused 2 'unknown command "x\\x1b\[2J\\x0akitinet: done"' ranks 1 "$(printf 'x\033[2J\nkitinet: done')"
