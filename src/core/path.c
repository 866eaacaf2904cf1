/* Names in the file system. */
#include <kitinet/path.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

PetscBool KNPathIsAbsent(int failure)
{
  return (PetscBool)(failure == ENOENT || failure == ENOTDIR || failure == ENAMETOOLONG);
}

int KNPathExists(const char path[], PetscBool *exists)
{
  *exists = (PetscBool)!access(path, F_OK);
  return *exists || KNPathIsAbsent(errno) ? 0 : errno;
}

int KNPathCreate(const char path[])
{
  if (unlink(path) && errno != ENOENT) return -1;
  return open(path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);
}

int KNPathReadText(const char path[], char **text)
{
  enum { LARGEST = 1 << 24 };
  FILE  *file    = fopen(path, "r");
  int    failure = 0;
  size_t size;

  *text = NULL;
  if (!file) return KNPathIsAbsent(errno) ? 0 : errno;
  *text = (char *)malloc(LARGEST + 1); /* of which memory is taken as far as it is read */
  if (!*text) failure = ENOMEM;
  errno = 0;
  size  = failure ? 0 : fread(*text, 1, LARGEST + 1, file);
  if (!failure && ferror(file)) failure = errno ? errno : EIO;
  if (size > LARGEST) failure = EFBIG;
  fclose(file);
  if (!failure) (*text)[size] = 0;
  else {
    free(*text);
    *text = NULL;
  }
  return failure;
}

PetscErrorCode KNBaseName(const char path[], size_t size, char name[])
{
  const char *slash = strrchr(path, '/');
  char       *dot;

  PetscFunctionBegin;
  PetscCall(PetscStrncpy(name, slash && slash[1] ? slash + 1 : path, size));
  dot = strrchr(name, '.');
  if (dot && dot != name) *dot = 0;
  PetscFunctionReturn(PETSC_SUCCESS);
}
