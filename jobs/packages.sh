# Installs the Debian packages that KITINet is built from, those that are missing. Sourced by quickstart.sh and
# tests/run.sh. On other systems (clusters: module load ...) nothing is installed; CMake names what it does not find.

packages="gcc libc6-dev make cmake pkg-config openmpi-bin libopenmpi-dev petsc-dev libhdf5-openmpi-dev libfftw3-dev
libfftw3-mpi-dev libopenblas-dev librandom123-dev zlib1g-dev nettle-dev libmatio-dev
libjpeg62-turbo-dev libpng-dev libicu-dev libstemmer-dev libjansson-dev gnuplot-nox"

if command -v dpkg-query >/dev/null && command -v apt-get >/dev/null; then
  [ "$(dpkg --print-architecture)" != amd64 ] || packages="$packages libxsmm-dev" # for x86 alone
  missing=
  for package in $packages ${test_packages:-}; do
    dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing="$missing $package"
  done
  if [ -n "$missing" ]; then
    echo "== installing$missing"
    sudo=
    if [ "$(id -u)" != 0 ]; then
      command -v sudo >/dev/null || {
        echo "not root and no sudo: ask an administrator for apt-get install$missing" >&2
        exit 1
      }
      sudo=sudo
    fi
    $sudo apt-get -o Acquire::Retries=3 update -qq
    # shellcheck disable=SC2086 # a list of words
    $sudo env DEBIAN_FRONTEND=noninteractive apt-get -o Acquire::Retries=3 install \
      -y -qq --no-install-recommends $missing >/dev/null
  fi
fi

# Open MPI refuses to start as root unless told twice.
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
export OMPI_MCA_rmaps_base_oversubscribe="${OMPI_MCA_rmaps_base_oversubscribe:-1}"
# On a machine with other work a waiting rank gives its core away.
export OMPI_MCA_mpi_yield_when_idle="${OMPI_MCA_mpi_yield_when_idle:-1}"
