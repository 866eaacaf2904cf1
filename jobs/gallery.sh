#!/bin/sh
# A page of pictures and short films: samples of every equation that the program solves, and the rollout of a trained
# network beside the truth. Some minutes on two cores.
#
#   sh jobs/gallery.sh [FOLDER]         FOLDER/index.html; build/gallery by default
#   PDES="darcy kdv" sh jobs/gallery.sh only these equations
#
# What is there already is used again. Needs gnuplot, and ffmpeg for films: without it there are pictures alone.
set -eu

kitinet="${KITINET:-build/release/kitinet}"
folder="${1:-build/gallery}"
samples="${SAMPLES:-4}"
case $kitinet in */*) kitinet=$(cd "$(dirname "$kitinet")" && pwd)/$(basename "$kitinet") ;; esac
mkdir -p "$folder"
cd "$folder"
film=gif
command -v ffmpeg >/dev/null || film=none
page=index.html.partial

# text: with the characters that HTML knows otherwise
text() { sed 's/&/\&amp;/g; s/</\&lt;/g; s/>/\&gt;/g'; }

# figure FILE WORDS: if there is such a file
figure() {
  [ -f "$1" ] || return 0
  echo "<figure><img src=\"$1\" alt=\"$2\" loading=\"lazy\"><figcaption>$2</figcaption></figure>" >>$page
}

cat >$page <<'END'
<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>KITINet: gallery</title>
<style>
body { font-family: sans-serif; max-width: 75em; margin: 2em auto; padding: 0 1em; color: #222; }
figure { margin: 1em 0; } img { max-width: 100%; } figcaption, code { color: #555; } h2 { margin-top: 2em; }
</style></head><body>
<h1>What KITINet solves and learns</h1>
END

pdes="${PDES:-$("$kitinet" generate -help | sed -n 's/^ *-pde .*(one of \(.*\))$/\1/p' | tr -d ,)}"
[ -n "$pdes" ] || { echo "gallery.sh: $kitinet generate -help lists no equations" >&2; exit 1; }
for pde in $pdes; do
  echo "== $pde"
  [ -f "$pde.h5" ] || "$kitinet" generate -pde "$pde" -samples "$samples" -output "$pde.h5"
  "$kitinet" inspect -input "$pde.h5" -picture >"$pde.txt"
  equation=$(sed -n "s/^  pde  *$pde: //p" "$pde.txt" | text)
  grid=$(sed -n 's/^  grid  *//p' "$pde.txt" | text)
  frames=$(sed -n 's/^  frames  *//p' "$pde.txt" | text)
  {
    echo "<h2>$pde</h2>"
    echo "<p>$equation<br>$grid${frames:+; frames: $frames}</p>"
    echo "<p><code>kitinet generate -pde $pde -samples $samples -output $pde.h5</code></p>"
  } >>$page
  figure "$pde-samples.png" "the first samples of $pde"
  if [ -n "$frames" ] && [ $film != none ]; then
    [ -f "$pde-film.$film" ] || "$kitinet" inspect -input "$pde.h5" -verify false -film $film >/dev/null
    figure "$pde-film.$film" "the first two samples of $pde, moving"
  fi
done

case " $pdes " in *" navier_stokes "*)
  echo "== a network's rollout"
  flow="-pde navier_stokes -navier_stokes_grid 64 -navier_stokes_resolution 32"
  # shellcheck disable=SC2086 # options
  {
    [ -f train.h5 ] || "$kitinet" generate $flow -samples 100 -output train.h5
    [ -f test.h5 ] || "$kitinet" generate $flow -samples 20 -first 100 -output test.h5
  }
  "$kitinet" train -run run -dataset train.h5 -dataset_test test.h5 -train_rollout 2 -train_epochs "${EPOCHS:-10}"
  "$kitinet" evaluate -run run -dataset test.h5 -film $film
  echo "<h2>A trained network</h2>" >>$page
  echo "<p>Vorticity of the forced flow, predicted step by step from the first frame.</p>" >>$page
  figure run/fields_test.png "the best, the median and the worst of 20 new samples at the last time"
  figure "run/film_test.$film" "their rollouts beside the truth"
  figure run/rollout_test.png "the error over time"
  ;;
esac
echo "</body></html>" >>$page
mv $page index.html
echo "== $PWD/index.html"
