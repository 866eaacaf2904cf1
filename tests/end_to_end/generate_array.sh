# jobs/generate.sbatch: the tasks of a job array write parts, which merge to the file of one run; without an array it
# writes that file.
set -eu
. "$(dirname "$0")/refused.sh"
empty_folder
export SLURM_SUBMIT_DIR="$KITINET_SOURCE" LAUNCH="timeout 240 $MPIEXEC -n 2"
job() { bash "$KITINET_SOURCE/jobs/generate.sbatch" "$@" -pde darcy -darcy_grid 16 > summary; }

job "$PWD/whole" 12
for task in 0 1 2; do
  SLURM_ARRAY_TASK_ID=$task job "$PWD/part" 4
done
ranks 1 merge -input "$(ls part-*.h5 | paste -sd,)" -output part.h5 > summary
cmp whole.h5 part.h5 || fail "the parts of the array do not make the whole: $(ls)"
