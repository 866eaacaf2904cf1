# kitinet train -dry_run prints a plan and writes nothing; what does not fit into the memory of a rank is refused before
# it is allocated.
set -eu
. "$(dirname "$0")/common.sh"
small_data

# says PHRASE ...: the plan holds each of them
says() { for phrase in "$@"; do grep -q -F -e "$phrase" output || fail "no \"$phrase\" in: $(cat output)"; done; }

# 24 samples in batches of 6, 3 epochs. Parameters of a block: 8 x 8 + 8 and 8 x 4 x 8 x 8 complex.
parameters=$((4 * (72 + 4096) + 3 * 8 + 8 + 8 * 16 + 16 + 16 + 1))
unchanged ends 0 train 1 run -dry_run -train_epochs 3
says "training on 24 samples, each in one of 8 symmetric images, 3 epochs, batch 6 over 1 rank: 12 steps" \
  "$parameters parameters" "MFLOP forward" "MiB activations" "would make run:" "nothing was written"
unchanged ends 0 train 2 run -dry_run -train_epochs 3
says "over 2 ranks: 12 steps"

# A run that there is would go on. What training refuses, its plan refuses.
ends 0 train 1 run -train_epochs 2
unchanged ends 0 train 1 run -dry_run
says "would resume run:"
unchanged refused 2 "-train_samples is 25" "$KITINET" train -run new -dataset train.h5 $network \
  -dry_run -train_samples 25

# -train_recompute: less memory, the same weights.
mebibytes() { sed -n 's/.*memory of a rank: \([0-9.]*\) MiB activations.*/\1/p' output; }
for type in fno unet; do
  ends 0 train 1 "kept_$type" -train_epochs 1 -model_type $type
  kept=$(mebibytes)
  ends 0 train 1 "again_$type" -train_epochs 1 -model_type $type -train_recompute 1
  awk -v kept="$kept" -v again="$(mebibytes)" 'BEGIN { exit !(again < kept) }' ||
    fail "$type: $(mebibytes) MiB with -train_recompute 1, $kept without"
  [ "$(weights "kept_$type")" = "$(weights "again_$type")" ] || fail "$type: -train_recompute 1 trains other weights"
done

# 65,536 samples of 65,536 hidden channels on 16 x 16 points, and 2^21 x 2^24 parameters of 8 bytes: more than any
# machine has.
for dry_run in true false; do
  unchanged refused 2 \
    "samples at a time need .* activations .* parameters, a rank may take .* MiB here: lower -train_microbatch" \
    "$KITINET" train -run huge -dataset train.h5 -model_modes 4 -model_head 65536 \
    -train_microbatch 65536 -dry_run $dry_run
  unchanged refused 2 "parameters need .* MiB, a rank may take .* MiB here: lower -model_width" \
    "$KITINET" train -run huge -dataset train.h5 -model_modes 1024 -model_width 4096 -dry_run $dry_run
done
