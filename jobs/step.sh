# What the job scripts share. Sourced in the folder that a job was submitted from.
. jobs/env.sh

refuse() {
  echo "${SLURM_JOB_NAME:-job}: $*" >&2
  exit 2
}

build="cmake --preset release && cmake --build --preset release"
command -v "$kitinet" >/dev/null ||
  refuse "$PWD holds no program $kitinet: build it ($build), or name it in jobs/env.sh"

# there FILE: it was made by an earlier submission; files get their names when they are whole
there() {
  [ -e "$1" ] && echo "$1 is there already and is kept: remove it to have it made anew"
}

# unlock RUN: removes the lock of a job that SLURM killed before it could do so itself, unless that job is still known
# or nobody can say. Ranks of it that are alive on a lost node notice that the lock is no longer theirs, and stop.
unlock() {
  [ -e "$1/lock" ] && known=$(squeue -h -o %A 2>/dev/null) || return 0
  owner=$(sed -n 's/^job \([0-9][0-9]*\) .*/\1/p' "$1/lock")
  [ -n "$owner" ] || return 0
  echo "$known" | grep -qx "$owner" && return 0
  echo "job $owner is gone and left $1/lock: removed"
  rm -f "$1/lock"
}

# restartable COMMAND ...: the program as a step of the job, which goes back to the queue when the step was stopped
# early (exit code 75) by SIGUSR1, which SLURM sends to the job's script before the time limit (#SBATCH
# --signal=B:USR1@120), or by -max_time. After scancel, too, there is something to go on from, but the job stays out of
# the queue. Of a training the first words are train -run DIRECTORY.
restartable() {
  if [ "${SLURM_RESTART_COUNT:-0}" -gt "$restarts_at_most" ]; then
    echo "restarted $restarts_at_most times already: giving up; submit it again to go on" >&2
    return 1
  fi
  [ "$1" != train ] || unlock "$3"
  step=
  # srun passes it on to every rank
  trap 'signalled=yes; echo "SIGUSR1: the program is told to stop"; kill -USR1 $step' USR1
  $launch "$kitinet" "$@" &
  step=$!
  signalled=yes
  # a signal ends the wait, not the step; a second wait returns the code of a step that ended meanwhile
  while [ $signalled = yes ]; do
    signalled=no code=0
    wait $step || code=$?
  done
  if [ $code -eq 75 ] && newest_start; then
    echo "stopped early: job $SLURM_JOB_ID goes back to the queue"
    scontrol requeue "$SLURM_JOB_ID"
  fi
  return $code
}

# After a node was lost and came back, a job's older start may still run beside its newer one, which it must not put
# back in the queue.
newest_start() {
  scontrol show job -o "${SLURM_JOB_ID:-0}" | grep -q " Restarts=${SLURM_RESTART_COUNT:-0} "
}
