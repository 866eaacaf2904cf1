# kitinet generate on a full disk and at a file-size limit: exit code 4, one line, nothing left behind; done once there
# is space.
set -eu
. "$(dirname "$0")/refused.sh"
if mountpoint -q small 2> /dev/null; then umount small; fi
empty_folder

# A limit of 8 MiB (in blocks of 512 bytes), beyond the shared memory of MPI, for 16 MB of samples.
capped() { limited sh -c 'ulimit -f 16384; exec "$KITINET" generate "$@"' capped "$@"; }
refused 4 "limited.h5.partial: no space for .* MB: File too large" capped \
  -darcy_grid 32 -samples 2000 -output limited.h5
if ls | grep -q limited; then fail "a failed run left a file: $(ls)"; fi

mkdir small
mount -t tmpfs -o size=1m tmpfs small 2> /dev/null || skip "a full disk: mounting a small file system needs root"
trap 'umount small' EXIT
generate() { ranks 2 generate -darcy_grid 16 "$@"; }
generate -samples 100 -output small/first.h5 > summary
refused 4 "second.h5.partial: no space for .* MB: No space left" generate -samples 1000 -output small/second.h5
[ "$(ls small)" = first.h5 ] || fail "a failed run left a file: $(ls small)"
ranks 1 inspect -input small/first.h5 | grep -q "all 100 checksums are right" || fail "the earlier file is damaged"
generate -samples 300 -output small/second.h5 > summary
