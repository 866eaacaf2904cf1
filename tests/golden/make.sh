# The commands that made the golden files: sh make.sh KITINET DATASET_TOOL, in an empty folder, by the version that
# README.md names. They are never made again: a later program that reads them shows that it reads what that version
# wrote.
set -eu
kitinet=$1 tool=$2
export OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1

# Datasets
"$kitinet" generate -pde darcy -samples 6 -darcy_grid 8 -output cells.h5
"$kitinet" generate -pde darcy -samples 3 -darcy_grid 9 -darcy_points nodes -darcy_rhs random -output nodes.h5
"$kitinet" generate -pde burgers -samples 4 -burgers_grid 64 -burgers_resolution 16 -output periodic.h5
"$kitinet" generate -pde navier_stokes -samples 3 -navier_stokes_grid 16 -navier_stokes_resolution 8 \
  -navier_stokes_final_time 1 -navier_stokes_frames 5 -output frames.h5
"$tool" make cube.h5 cells 0 2 1 6 5 4

# Checkpoints: best.h5 has no moments, checkpoint.h5 has them
train() { # file data options: one epoch
  file=$1 data=$2; shift 2
  "$kitinet" train -run "$file.run" -dataset "$data" -train_epochs 2 -train_batch 3 \
    -train_microbatch 3 -model_width 4 -model_modes 2 -model_head 4 -model_layers 2 "$@"
}
keep() { # name file ...: of each run
  name=$1; shift
  for file in "$@"; do cp "$file.run/$name.h5" "$file.h5"; done
}
train plain cells.h5 -model_residual plain -train_validation 0.5 -train_schedule constant
train fno nodes.h5 -model_residual fno
train collision cells.h5
train fno_collision cells.h5 -model_residual fno_collision
train transport cells.h5 -model_residual transport
train dropout cells.h5 -model_residual fno -model_dropout 0.2
train pointwise periodic.h5 -train_normalizer pointwise
train unnormalised cube.h5 -model_residual plain -train_normalizer none
train rollout frames.h5 -train_history 2 -train_schedule constant
train spacetime frames.h5 -train_history 2 -train_form spacetime -model_padding 0.3 -model_padding_axes first
"$kitinet" evaluate -run dropout.run -calibrate cells.h5 -dataset cells.h5 \
  -model_dropout_evaluate sample -collision_samples 16 -picture false
keep best fno collision fno_collision transport dropout pointwise unnormalised spacetime
keep checkpoint plain rollout
for name in plain rollout; do cp "$name.run/config.yaml" "$name.yaml"; done
"$kitinet" condense -checkpoint collision.h5 -dataset cells.h5 -condense_width 2 \
  -condense_modes 1 -condense_head 2 -output origin.h5

# Texts: by the version that README.md names for them, which needs ICU.
tr ';' '\t' > reviews.tsv << 'END'
text;label
a lovely film, superb and fine;good
dull and bad;bad
the plot is awful, the end is dull;bad
great music, a great story;good
poor actors, bad music;bad
a fine and lovely old story;good
END
"$kitinet" convert -input reviews.tsv -text_length 8 -output words.h5
"$kitinet" train -run transformer.run -dataset words.h5 -model_type transformer -model_width 8 -model_layers 1 \
  -model_heads 2 -model_feed_forward 2 -model_residual collision -collision_rate 0.5 -train_epochs 2 \
  -train_batch 3 -train_microbatch 3 -train_lr 1e-2 -train_schedule constant
keep checkpoint transformer
cp transformer.run/config.yaml transformer.yaml
