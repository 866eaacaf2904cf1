# Simulated clusters, for the scripts beside: they are sourced with $work, a folder for files.

# platform TOPOLOGY BANDWIDTH LATENCY [RANKS]: bandwidth of a link, in both directions. Fat tree of 64 leaf switches
# with 32 ranks and 16 links upwards each (half of full bisection); dragonfly of 16 groups, each of 2 chassis with 16
# routers of 4 ranks, two links between any two groups. Beyond 2,048 ranks the tree has 128 leaf switches, the dragonfly
# 32 groups of 2 chassis with 32 routers of 2 ranks. SimGrid's routes take the router with the number of the other
# group: a chassis needs as many routers as there are groups, with fewer smpirun ends in a segmentation fault.
# Acknowledgements take 5 % of the other direction; as ranks exchange equal messages, they are taken off the bandwidth
# (see simulated).
platform() {
  last=2047
  case $1 in
    fat_tree) shape='topology="FAT_TREE" topo_parameters="2;32,64;1,16;1,1"' ;;
    dragonfly) shape='topology="DRAGONFLY" topo_parameters="16,2;2,2;16,2;4"' ;;
    pair) shape='' last=1 ;;
  esac
  if [ "${4:-2}" -gt 2048 ]; then
    last=4095
    case $1 in
      fat_tree) shape='topology="FAT_TREE" topo_parameters="2;32,128;1,16;1,1"' ;;
      dragonfly) shape='topology="DRAGONFLY" topo_parameters="32,2;2,2;32,2;2"' ;;
    esac
  fi
  printf '%s\n' '<?xml version="1.0"?>' '<!DOCTYPE platform SYSTEM "https://simgrid.org/simgrid.dtd">' \
    '<platform version="4.1">'
  printf '<cluster id="c" prefix="n" suffix="" radical="0-%d" speed="1Gf" bw="%sBps" lat="%s" %s/>\n</platform>\n' \
    $last \
    "$(echo "$2" | awk '{printf "%.0f", $1 / 1.05}')" "$3" "$shape"
}
# simulated RANKS PROGRAM ARGUMENTS...: on $work/platform.xml. No collective is replaced, allreduce is the one by
# doubling; polling costs nothing; ranks share the memory of their gradients (in blocks larger than those: a mapping
# each, not one a MiB) and the program's data, of which nothing is global. Events within 0.1 microseconds are one, and
# acknowledgements no flows of their own: against 1e-9 s and such flows, on 64 and 256 ranks at 0.39 and 3.1 GB/s, a
# step (calibrated before, 25 ms a micro-batch) differs by at most 0.04 % on the fat tree, on the dragonfly by 0.4 % at
# 3.1 GB/s and by 2 % at 0.39.
simulated() {
  seq -f "n%.0f" 0 $(($1 - 1)) >"$work/hosts"
  ranks_simulated=$1
  shift
  smpirun -np "$ranks_simulated" -platform "$work/platform.xml" \
    -hostfile "$work/hosts" --cfg=smpi/simulate-computation:no --cfg=smpi/allreduce:rdb \
    --cfg=smpi/test:1e-7 --cfg=smpi/grow-injected-times:no --cfg=smpi/os:0:1e-6:0 --cfg=smpi/or:0:1e-6:0 \
    --cfg=smpi/auto-shared-malloc-thresh:100000 --cfg=smpi/shared-malloc-blocksize:16777216 \
    --cfg=smpi/privatization:no --cfg=surf/precision:1e-7 --cfg=network/crosstraffic:0 --log=root.thres:error \
    "$@" </dev/null 2>"$work/log"
}
