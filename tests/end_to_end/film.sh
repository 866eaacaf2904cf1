# Films of trajectories: gif and mp4 from inspect and evaluate, as long as the trajectory; without ffmpeg the frames
# stay, and the message says how to join them; what has no frames is refused.
set -eu
. "$(dirname "$0")/common.sh"
"$tool" make flow.h5 periodic 5 0 2 12 10
"$tool" make line.h5 periodic 4 0 1 16
"$tool" make steady.h5 cells 0 1 1 8 8
ranks 1 train -run run -dataset flow.h5 -model_modes 3 -model_width 4 -model_head 8 \
  -train_batch 2 -train_epochs 1 > output

refused 2 'option -film is gif, steady.h5 holds no trajectories' ranks 1 inspect -input steady.h5 -film gif
refused 2 'leave out -picture false' ranks 1 evaluate -run run -dataset flow.h5 -picture false -film gif

# without ffmpeg
mkdir bin
for program in sh gnuplot; do
  if command -v $program > /dev/null; then ln -s "$(command -v $program)" bin/$program; fi
done
if [ -e bin/gnuplot ]; then
  # shellcheck disable=SC2016
  PATH=$PWD/bin "$KITINET" inspect -input flow.h5 -film gif > output 2> message || fail "$(cat message)"
  grep -q "is not made, ffmpeg is missing; later: ffmpeg -framerate 10 -i './flow-film-%05d.png' './flow-film.gif'" \
    message || fail "$(cat message)"
  [ -s flow-film-00005.png ] && [ ! -e flow-film.gif ] || fail "no frames: $(ls)"
  rm flow-film-*.png
fi

has gnuplot && has ffmpeg && has ffprobe || complete
frames() { ffprobe -v error -count_frames -show_entries stream=nb_read_frames -of csv=p=0 "$1"; }
for ending in gif mp4; do
  for data in flow line; do
    ranks 2 inspect -input $data.h5 -film $ending -output "of 100% $data" > output 2> message
    grep -q "film  *of 100% $data-film.$ending" output || fail "$(cat output message)"
  done
  [ "$(frames "of 100% flow-film.$ending")" = 5 ] && [ "$(frames "of 100% line-film.$ending")" = 4 ] ||
    fail "lengths: $(ls)"
  ranks 1 evaluate -run run -dataset flow.h5 -film $ending -film_rate 3 > output 2> message
  grep -q "film_\*.$ending" output || fail "$(cat output message)"
  [ "$(frames run/film_flow.$ending)" = 5 ] || fail "no film: $(ls run)"
done
[ "$(ffprobe -v error -show_entries stream=r_frame_rate -of csv=p=0 run/film_flow.mp4)" = 3/1 ] || fail "another rate"
[ -z "$(find . -name '*-0000*.png' -o -name '*.gp' -o -name '*.dat')" ] || fail "leftovers: $(find .)"

# a film that cannot be written is told, and is no reason to stop
mkdir closed
chmod 555 closed
if [ "$(id -u)" -ne 0 ]; then
  code=0
  ranks 1 inspect -input flow.h5 -film gif -output closed/flow > output 2> message || code=$?
  [ $code = 4 ] && grep -q 'closed/flow-film' message || fail "exit code $code: $(cat message)"
fi
complete
