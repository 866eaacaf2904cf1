/* kitinet COMMAND [options]: sets up MPI and PETSc, finds the command, turns its outcome into an exit code. */
#include "commands/command.h"
#include <kitinet/format.h>
#include <kitinet/lock.h>
#include <kitinet/memory.h>
#include <kitinet/probe.h>
#include <kitinet/picture.h>
#include <kitinet/print.h>
#include <kitinet/single_copy.h>
#include <kitinet/threads.h>
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

static PetscErrorCode PrintUsage(FILE *file)
{
  PetscFunctionBegin;
  PetscCall(PetscFPrintf(PETSC_COMM_WORLD, file,
                         "kitinet %s: neural operators with Boltzmann residuals\n\nUsage: [mpiexec -n RANKS] kitinet "
                         "COMMAND [-options_file_yaml FILE] [-name value ...]\n\n",
                         KN_VERSION));
  for (const KNCommand *command = KNCommands; command->name; command++)
    PetscCall(PetscFPrintf(PETSC_COMM_WORLD, file, "  %-10s %s\n", command->name, command->purpose));
  PetscCall(
    PetscFPrintf(PETSC_COMM_WORLD, file,
                 "\n\"kitinet COMMAND -help\" explains every option of a command.\n"
                 "Exit codes: 0 done; 2 wrong usage; 3 bad input file; 4 writing failed; 75 stopped early, checkpoint\n"
                 "written, run it again; anything else is a failure.\n"));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/*
  Started by the mpiexec of another MPI library, each process would be alone and write the same files. PMI_SIZE is what
  the launchers of MPICH and its relatives say to their processes, OMPI_COMM_WORLD_SIZE what Open MPI's says.
*/
static PetscErrorCode CheckLauncher(void)
{
  static const char *const told[] = {"PMI_SIZE", "OMPI_COMM_WORLD_SIZE"};
  PetscMPIInt              size;
  char                     library[MPI_MAX_LIBRARY_VERSION_STRING];
  int                      length;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_size(PETSC_COMM_WORLD, &size));
  PetscCallMPI(MPI_Get_library_version(library, &length));
  library[strcspn(library, ",\n")] = 0;
  for (size_t i = 0; i < PETSC_STATIC_ARRAY_LENGTH(told); i++) {
    const char *count = getenv(told[i]);

    PetscCheck(size > 1 || !count || atoi(count) < 2, PETSC_COMM_WORLD, KN_ERR_USAGE,
               "mpiexec started %.8s processes that do not know of each other: it belongs to another MPI library; take "
               "that of %.60s, with which this program was built",
               count, library);
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Run(int argc, char **argv, PetscBool *stopped)
{
  const char *name = argc > 1 ? argv[1] : "";

  PetscFunctionBegin;
  PetscCall(KNAgreeOnProgram(PETSC_COMM_WORLD, argc, argv));
  if (!strcmp(name, "-help") || !strcmp(name, "--help") || !strcmp(name, "-h") || !strcmp(name, "help")) {
    PetscCall(PrintUsage(stdout));
    PetscFunctionReturn(PETSC_SUCCESS);
  }
  if (!strcmp(name, "-version") || !strcmp(name, "--version")) {
    PetscCall(PetscPrintf(PETSC_COMM_WORLD, "kitinet %s\n", KN_VERSION));
    PetscFunctionReturn(PETSC_SUCCESS);
  }
  PetscCall(CheckLauncher());
  PetscCheck(name[0] != '-', PETSC_COMM_WORLD, KN_ERR_USAGE,
             "\"%.64s\" stands before the command: the command comes first, as in \"kitinet train %.64s ...\"", name,
             name);
  PetscCheck(name[0], PETSC_COMM_WORLD, KN_ERR_USAGE, "no command given; \"kitinet -help\" lists the commands");
  for (const KNCommand *command = KNCommands; command->name; command++) {
    if (strcmp(command->name, name)) continue;
    PetscCall(KNOptionsInsert(argc - 2, argv + 2));
    PetscCall(KNThreadsSetUp());
    PetscCall(KNMemorySetUp());
    PetscCall(KNFormatSetUp());
    PetscCall(KNProbeSetUp());
    PetscCall(command->run(command->purpose, stopped));
    PetscFunctionReturn(PETSC_SUCCESS);
  }
  SETERRQ(PETSC_COMM_WORLD, KN_ERR_USAGE, "unknown command \"%.64s\"; \"kitinet -help\" lists the commands", name);
}

/*
  Collective, after the command: what it printed has left the program, and its pictures are there. Whoever reads a
  table from a file on a full disk would take the half of it for all; the work itself is done and kept.
*/
static PetscErrorCode CheckOutput(void)
{
  PetscInt  pictures;
  PetscBool printed;

  PetscFunctionBegin;
  printed = (PetscBool)(!fflush(stdout) && !ferror(stdout));
  PetscCall(KNAgree(PETSC_COMM_WORLD, printed ? PETSC_SUCCESS : KN_ERR_IO,
                    "standard output could not be written, is its disk full? What the command printed is lost or cut "
                    "short, its files are whole"));
  (void)KNPictureMissing(&pictures);
  PetscCall(KNAgree(PETSC_COMM_WORLD, pictures ? KN_ERR_IO : PETSC_SUCCESS,
                    "pictures could not be written, %" PetscInt_FMT
                    " of them, for the reasons above; everything else is done",
                    pictures));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/*
  Descriptors 0 to 2 are never those of a file that we open: the shell may have closed them (`kitinet inspect ...
  >&-`). What is written there fails then.
*/
static void OccupyStandardDescriptors(void)
{
  int descriptor;

  do descriptor = open("/dev/null", O_RDONLY);
  while (descriptor >= 0 && descriptor <= STDERR_FILENO);
  if (descriptor >= 0) (void)close(descriptor);
}

/*
  PETSc sees only its own runtime options at start (-log_view must be known then); KNOptionsInsert() enters all
  others. Returns the number of words kept.
*/
static int RuntimeOptions(int argc, char **argv, char **kept)
{
  int n = 0;

  kept[n++] = argv[0];
  for (int i = 2; i < argc; i++) {
    if (strncmp(argv[i], "-log_", 5) && strncmp(argv[i], "-info", 5) && strncmp(argv[i], "-malloc", 7)) continue;
    kept[n++] = argv[i];
    if (i + 1 < argc && argv[i + 1][0] != '-') kept[n++] = argv[i + 1];
  }
  return n;
}

int main(int argc, char **argv)
{
  char         **kept = (char **)calloc((size_t)argc + 1, sizeof(*kept)), **words = kept;
  int            n       = kept ? RuntimeOptions(argc, argv, kept) : 0;
  PetscBool      stopped = PETSC_FALSE;
  PetscErrorCode code;

  KNThreadsBoundSpinning(argv);
  OccupyStandardDescriptors();
  if (argc > 1 && !strcmp(argv[1], KN_PROBE_COMMAND)) return KNProbeMain(argc - 2, argv + 2);
  KNSingleCopySetUp();
  code = kept ? PetscInitialize(&n, &words, NULL, NULL) : PETSC_ERR_MEM;
  if (code) return KN_EXIT_FAILED;
  signal(SIGPIPE, SIG_DFL); /* `kitinet inspect ... | head` ends quietly; PETSc would call it a crash */
  code = KNErrorHandlerPush();
  if (!code) code = KNPrintSetUp();
  if (!code) code = Run(argc, argv, &stopped);
  if (!code && !stopped) code = CheckOutput();

  KNLockRelease();
  /*
    Our errors are raised by all ranks together, or should be: then they end in order. After any other, some rank may
    be elsewhere.
  */
  if (!KNErrorIsOrderly(code) || !KNErrorAwaitAll(code)) MPI_Abort(PETSC_COMM_WORLD, KNExitCode(code));
  if (code) alarm(20); /* whatever hangs on the way out */
  (void)PetscFinalize();
  free(kept);
  /* of -log_view, which says what it has to say at the very end */
  if (!code && !stopped && fflush(stdout)) return KN_EXIT_IO;
  return code ? KNExitCode(code) : stopped ? KN_EXIT_STOPPED : KN_EXIT_DONE;
}
