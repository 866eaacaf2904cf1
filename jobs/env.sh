# The one file to edit for a cluster; every job script and submit_pipeline.sh read it. What stands here suits Debian's
# packages.

# module load openmpi petsc hdf5 fftw openblas      # what `cmake --preset release` was run with

kitinet="${KITINET:-build/release/kitinet}"         # the program: built in the folder that jobs are submitted from,
# else the installed one
[ -n "${KITINET:-}" ] || [ -x "$kitinet" ] || ! command -v kitinet >/dev/null || kitinet=kitinet

# How an MPI program is started inside a job; without SLURM: mpiexec. --mpi names what the MPI library was built for
# (`srun --mpi=list`). Ranks do not end at one moment: with --kill-on-bad-exit=1 the first to stop early (exit code 75)
# would have the others killed, and srun return 143 instead. With --wait a rank that dies still ends the others, after a
# minute.
launch="${LAUNCH:-srun --mpi=pmix --kill-on-bad-exit=0 --wait=60}"

# What submit_pipeline.sh gives sbatch over the #SBATCH lines of each script.
# export SBATCH_ACCOUNT=... SBATCH_PARTITION=...    # sbatch reads these itself
generate_job="${GENERATE_JOB:-}"                    # for example: --ntasks-per-node=48 --time=04:00:00
merge_job="${MERGE_JOB:-}"
train_job="${TRAIN_JOB:-}"                          # for example: --nodes=8 --ntasks-per-node=48
evaluate_job="${EVALUATE_JOB:-}"

restarts_at_most="${RESTARTS_AT_MOST:-20}"          # a job that was put back in the queue more often ends instead

export OMP_NUM_THREADS="${SLURM_CPUS_PER_TASK:-1}"  # threads of a rank
export SRUN_CPUS_PER_TASK=$OMP_NUM_THREADS          # since SLURM 22.05 srun does not take them over from the job
export OPENBLAS_NUM_THREADS=1                       # threads are KITINet's, not the BLAS library's
# export HDF5_USE_FILE_LOCKING=FALSE                # where the file system knows no locks (some Lustre and NFS mounts)
