# Shared by the scripts with a fault of the system, or with a signal that arrives at a certain call of it: see
# fault_shim.c.
. "$(dirname "$0")/common.sh"

# faulty N "FAULT_CALL=fsync FAULT_FILE=checkpoint" COMMAND ...: on N ranks
faulty() {
  n=$1 faults=$2; shift 2
  limited "$MPIEXEC" -n "$n" env LD_PRELOAD="$FAULT_SHIM" $faults "$KITINET" "$@"
}
