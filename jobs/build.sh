# Sets kitinet: the program that KITINET names, else one that is built here, with what is missing installed. Sourced in
# the top folder, by scripts that have a folder $work for build.log.
kitinet="${KITINET:-}"
if [ -z "$kitinet" ]; then
  . jobs/packages.sh
  echo "== building"
  { cmake --preset release && cmake --build --preset release --parallel "$(nproc)" --target kitinet; } \
    >"$work/build.log" 2>&1 || { tail -n 40 "$work/build.log"; exit 1; }
  kitinet=build/release/kitinet
fi
