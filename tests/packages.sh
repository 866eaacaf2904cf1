# Installs what jobs/packages.sh does, the tools that tests look at files with, and for root, who alone can run the tests on it, SLURM. Sourced by run.sh.
test_packages="ffmpeg hdf5-tools libxml2-utils"
[ "$(id -u)" -ne 0 ] || test_packages="$test_packages munge slurmctld slurmd slurm-client slurm-wlm-basic-plugins iproute2"
. jobs/packages.sh
