# Shared by the scripts fault_*.sh: the program with a fault of the system, see fault_shim.c.
. "$(dirname "$0")/common.sh"
shim=$(dirname "$PWD")/libfault_shim.so
if ldd "$KITINET" | grep -q libasan; then
  echo "not tested with sanitizers, which replace the same functions"
  exit 0
fi

# faulty N "FAULT_CALL=fsync FAULT_FILE=checkpoint" COMMAND ...: on N ranks
faulty() {
  n=$1 faults=$2; shift 2
  limited "$MPIEXEC" -n "$n" env LD_PRELOAD="$shim" $faults "$KITINET" "$@"
}
