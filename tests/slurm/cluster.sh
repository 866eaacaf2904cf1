# A cluster of four nodes on this host, for the scripts of this folder: munged, slurmctld, and for each node a slurmd in
# namespaces of its own (host name, network, processes), joined by a bridge. Sourced first: the script then starts again
# inside a namespace of processes, networks and mounts. Nothing outside sees it, and when it ends, however it ends, the
# kernel ends every process and removes every network in it. All files are in the test's folder, inside also known as
# /srv, a path short enough for sockets. Needs root and tests/packages.sh, no running service, nothing of /etc/slurm.
. "$(dirname "$0")/../end_to_end/refused.sh"

PATH=$PATH:/usr/sbin:/sbin # the daemons

if [ -z "${KN_CLUSTER:-}" ]; then
  for program in munged slurmctld slurmd sbatch srun unshare ip; do
    command -v $program > /dev/null ||
      skip \
      "no $program; apt-get install munge slurmctld slurmd slurm-client slurm-wlm-basic-plugins iproute2 util-linux"
  done
  [ "$(id -u)" -eq 0 ] || skip "not root"
  case "$KITINET:$KITINET_SOURCE" in /srv/* | *:/srv/*) skip \
    "the project is in /srv, which is used for other things here" ;; esac
  unshare --mount --net --uts --ipc --pid --fork --kill-child --mount-proc sh -c 'mount --bind . /srv &&
    hostname head && ip link add veth0 type veth peer name veth1 && ip link add switch type bridge' > message 2>&1 ||
    skip "no namespaces with networks of their own: $(cat message)"
  empty_folder
  export KN_CLUSTER="$PWD"
  exec unshare --mount --net --uts --ipc --pid --fork --kill-child --mount-proc sh "$0"
fi

slurmd_timeout=${slurmd_timeout:-60} # seconds until a silent node counts as failed
nodes="kn1 kn2 kn3 kn4"

# node NAME: starts one; its shell's process id is in NAME.pid
node() {
  index=${1#kn}
  unshare --net --uts --pid --fork --kill-child --mount-proc sh -c '
    hostname "$1"
    until ip link set eth0 up 2> /dev/null; do sleep 0.05; done
    ip address add "10.0.0.$((10 + $2))/24" dev eth0
    ip link set lo up
    slurmd -D -N "$1" > "$1.out" 2>&1 &
    wait' sh "$1" "$index" &
  echo $! > "$1.pid"
  ip link delete "to-$1" 2> /dev/null || true
  until [ "$(readlink "/proc/$(cat "$1.pid")/ns/net")" != "$(readlink /proc/self/ns/net)" ]; do sleep 0.05; done
  ip link add "to-$1" type veth peer name eth0 netns "$(cat "$1.pid")"
  ip link set "to-$1" master switch up
}
cut_off() { ip link set "to-$1" down; }
reconnect() { ip link set "to-$1" up; }

# Logs of a failed test; then the end of everything, in order.
finish() {
  code=$?
  trap - EXIT
  if [ $code -ne 0 ]; then
    { squeue -o '%i %j %T %r %N'; scontrol show nodes -o; } 2>&1 | cut -c -300
    for log in *.log */logs/*.log; do
      [ ! -s "$log" ] || { echo "== $log"; tail -n 25 "$log"; }
    done 2> /dev/null
  fi
  scancel --full --signal=KILL --user=root 2> /dev/null || true
  scontrol shutdown > /dev/null 2>&1 || true
  cd /
  exit $code
}

start_cluster() {
  hostname head
  mount --bind "$KN_CLUSTER" /srv
  mount -t tmpfs none /dev/shm
  cd /srv || exit 1
  mkdir -p tmp state
  ln -s "$KITINET_SOURCE/jobs" jobs
  {
    echo 127.0.0.1 localhost
    echo 10.0.0.1 head
    for name in $nodes; do
      echo "10.0.0.$((10 + ${name#kn})) $name"
      mkdir -p "tmpfs.$name"
    done
  } > hosts
  mount --bind hosts /etc/hosts
  ip link set lo up
  ip link add switch type bridge
  ip address add 10.0.0.1/24 dev switch
  ip link set switch up

  # Authentication: one munged, whose socket all nodes reach.
  dd if=/dev/urandom of=munge.key bs=1024 count=1 2> /dev/null
  chmod 400 munge.key
  munged --force --key-file=/srv/munge.key --socket=/srv/munge.socket --pid-file=/srv/munge.pid \
    --log-file=/srv/munge.out --seed-file=/srv/munge.seed > munge.message 2>&1

  sed "s/@TIMEOUT@/$slurmd_timeout/" "$KITINET_SOURCE/tests/slurm/slurm.conf" > slurm.conf
  export SLURM_CONF=/srv/slurm.conf TMPDIR=/srv/tmp
  export OMPI_MCA_btl=self,vader,tcp OMPI_MCA_ess_singleton_isolated=0 # ranks of several nodes
  slurmctld -c -D > slurmctld.out 2>&1 &
  for name in $nodes; do node "$name"; done
  await_for "the nodes do not come up" all_idle
}
all_idle() { [ "$(sinfo -h -t idle -o %D 2> /dev/null)" = 4 ]; }

# await_for WHAT CONDITION ...: until the condition holds, three minutes at most
await_for() {
  until=$(($(date +%s) + 180)) what=$1; shift
  until "$@"; do
    [ "$(date +%s)" -lt "$until" ] || fail "waited too long: $what; $(cat output 2> /dev/null)"
    sleep 0.1
  done
}

# Jobs. A requeued one is PENDING again, with a count of its restarts.
field() { scontrol show job -o "$1" 2> /dev/null | tr ' ' '\n' | sed -n "s/^$2=//p" | head -n 1; }
state_is() { [ "$(field "$1" JobState)" = "$2" ]; }
ended() { case "$(field "$1" JobState)" \
  in COMPLETED | FAILED | CANCELLED* | TIMEOUT | NODE_FAIL | OUT_OF_MEMORY) ;; *) false ;; esac; }
await_end() { # ID STATE
  await_for "job $1 does not end" ended "$1"
  state_is "$1" "$2" || fail "job $1 is $(field "$1" JobState), not $2"
}

# Training. network fits 16 x 16 points; ranks_of RUN: the process ids of its ranks, of all nodes
network="-model_modes 4 -model_width 8 -model_head 16 -train_batch 6 -train_microbatch 3"
ranks_of() {
  for process in /proc/[0-9]*; do
    [ "$(readlink "$process/exe")" != "$KITINET" ] || ! tr '\0' '\n' < "$process/cmdline" | grep -qx "$1" ||
      echo "${process#/proc/}"
  done 2> /dev/null
}

# struck FAULTS COMMAND ...: the command, which submits a job whose program has these faults (end_to_end/fault_shim.c)
# at every start
struck() {
  printf '#!/bin/sh\nexport LD_PRELOAD=%s %s\nexec %s "$@"\n' "$FAULT_SHIM" "$1" "$KITINET" > struck
  chmod +x struck
  shift
  (export KITINET=/srv/struck; "$@")
}

# What freezes the rank that writes the checkpoints of a training at its third, before that has its name. await_frozen
# RUN N: until that has happened in N starts;
# thaw RUN: all go on
freezing="FAULT_CALL=fsync FAULT_FILE=checkpoint.h5 FAULT_AFTER=2 FAULT_TIMES=1 FAULT_SIGNAL=19"
frozen() {
  for rank in $(ranks_of "$1"); do
    ! grep -q "^State:.T" "/proc/$rank/status" || echo "$rank"
  done 2> /dev/null
}
frozen_are() { [ "$(frozen "$1" | wc -w)" -eq "$2" ]; }
await_frozen() { await_for "no third checkpoint" frozen_are "$@"; }
thaw() { kill -CONT $(frozen "$1"); }

trap finish EXIT
start_cluster
