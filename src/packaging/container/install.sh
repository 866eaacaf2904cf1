# The second half, in the image that stays: install.sh FILE.deb, as root. gnuplot draws pictures, ffmpeg joins films.
set -eu
apt-get -o Acquire::Retries=3 update -qq
env DEBIAN_FRONTEND=noninteractive apt-get -o Acquire::Retries=3 install -y -qq --no-install-recommends "$1" \
  gnuplot-nox ffmpeg
rm -rf /var/lib/apt/lists/*
kitinet -help >/dev/null
