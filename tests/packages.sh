# Installs what jobs/packages.sh does, and for root, who alone can run the tests on it, SLURM. Sourced by run.sh.
[ "$(id -u)" -ne 0 ] || test_packages="munge slurmctld slurmd slurm-client slurm-wlm-basic-plugins iproute2"
. jobs/packages.sh
