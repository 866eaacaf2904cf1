# Installs what jobs/packages.sh does, the tools that tests look at files and sources with, and SLURM for root, who
# alone can run the tests on it. Sourced by run.sh.
test_packages="ffmpeg hdf5-tools libxml2-utils clang clang-format cppcheck shellcheck libclang-rt-14-dev libomp-dev
python3-numpy python3-pip python3-setuptools python3-wheel"
[ "$(id -u)" -ne 0 ] ||
  test_packages="$test_packages munge slurmctld slurmd slurm-client slurm-wlm-basic-plugins iproute2"
. jobs/packages.sh
