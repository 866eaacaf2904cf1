# The packages we build on, as targets KN::name. A missing one is named with its Debian package.

find_package(PkgConfig QUIET)
if(NOT PKG_CONFIG_FOUND)
  message(FATAL_ERROR "pkg-config not found. Debian: apt-get install pkg-config")
endif()

find_package(MPI QUIET COMPONENTS C)
if(NOT MPI_C_FOUND)
  message(FATAL_ERROR "An MPI library for C not found. Debian: apt-get install libopenmpi-dev openmpi-bin")
endif()

find_package(OpenMP QUIET COMPONENTS C)
if(NOT OpenMP_C_FOUND)
  message(FATAL_ERROR "The C compiler does not know OpenMP. Debian: apt-get install gcc")
endif()

find_package(Threads REQUIRED)

# KN::<name> from the first of several pkg-config modules that is installed.
function(kn_package name debian)
  foreach(module ${ARGN})
    pkg_check_modules(${name}_${module} QUIET IMPORTED_TARGET GLOBAL ${module})
    if(${name}_${module}_FOUND)
      add_library(KN::${name} INTERFACE IMPORTED GLOBAL)
      target_link_libraries(KN::${name} INTERFACE PkgConfig::${name}_${module})
      message(STATUS "${name}: ${module} ${${name}_${module}_VERSION}")
      return()
    endif()
  endforeach()
  list(JOIN ARGN " or " modules)
  message(FATAL_ERROR "${name} not found (pkg-config knows no ${modules}). Debian: apt-get install ${debian}\n"
                      "Elsewhere: put the folder of its .pc file on PKG_CONFIG_PATH.")
endfunction()

kn_package(petsc petsc-dev PETSc petsc)
target_link_libraries(KN::petsc INTERFACE MPI::MPI_C m)
# Refused here, before an hour of building: other PETScs compile, with format strings and MPI counts that do not fit.
include(CheckCSourceCompiles)
set(CMAKE_REQUIRED_LIBRARIES KN::petsc)
check_c_source_compiles("#include <petscconf.h>
#if defined(PETSC_USE_64BIT_INDICES) || !defined(PETSC_USE_REAL_DOUBLE) || defined(PETSC_USE_COMPLEX)
#error other numbers
#endif
int main(void) { return 0; }" KN_PETSC_NUMBERS_FIT)
unset(CMAKE_REQUIRED_LIBRARIES)
if(NOT KN_PETSC_NUMBERS_FIT)
  message(FATAL_ERROR "This PETSc has 64-bit integers, complex numbers or other reals.\n"
    "Debian: apt-get install petsc-dev\n"
    "Elsewhere: configure PETSc with --with-64-bit-indices=0 --with-scalar-type=real --with-precision=double.")
endif()
kn_package(hdf5 libhdf5-openmpi-dev hdf5-openmpi hdf5-mpi hdf5)
kn_package(fftwf libfftw3-dev fftw3f)
kn_package(fftw libfftw3-dev fftw3)
kn_package(blas libopenblas-dev openblas cblas)
kn_package(lapack libopenblas-dev openblas lapack)
kn_package(zlib zlib1g-dev zlib)
kn_package(nettle nettle-dev nettle)

# FFTW's transforms over ranks have no module of their own.
find_path(FFTW_MPI_INCLUDE fftw3-mpi.h HINTS ${fftw_fftw3_INCLUDE_DIRS})
find_library(FFTW_MPI_LIBRARY fftw3_mpi HINTS ${fftw_fftw3_LIBRARY_DIRS})
if(NOT FFTW_MPI_INCLUDE OR NOT FFTW_MPI_LIBRARY)
  message(FATAL_ERROR "FFTW for MPI not found (fftw3-mpi.h, libfftw3_mpi). Debian: apt-get install libfftw3-mpi-dev\n"
                      "Elsewhere: build FFTW with --enable-mpi; put its folder on CMAKE_PREFIX_PATH.")
endif()
add_library(KN::fftw_mpi INTERFACE IMPORTED GLOBAL)
target_include_directories(KN::fftw_mpi SYSTEM INTERFACE ${FFTW_MPI_INCLUDE})
target_link_libraries(KN::fftw_mpi INTERFACE ${FFTW_MPI_LIBRARY} KN::fftw MPI::MPI_C)

find_path(RANDOM123_INCLUDE Random123/philox.h)
if(NOT RANDOM123_INCLUDE)
  message(FATAL_ERROR "Random123 not found (Random123/philox.h). Debian: apt-get install librandom123-dev")
endif()
add_library(KN::random123 INTERFACE IMPORTED GLOBAL)
target_include_directories(KN::random123 SYSTEM INTERFACE ${RANDOM123_INCLUDE})

# KN::<name> of an optional package: where it was found it links ARGN and defines KN_HAVE_<kind>, else it is empty.
function(kn_offer name kind found where without)
  add_library(KN::${name} INTERFACE IMPORTED GLOBAL)
  if(found)
    target_link_libraries(KN::${name} INTERFACE ${ARGN})
    target_compile_definitions(KN::${name} INTERFACE KN_HAVE_${kind})
    message(STATUS "${name}: ${where}")
  else()
    message(STATUS "${name}: ${without}")
  endif()
endfunction()

# An optional library without a module that we could use. LIBRARY: its name for the linker; WITHOUT: what the status
# says of a build without it; LINK: what it needs.
function(kn_optional name header)
  cmake_parse_arguments(arg "" "LIBRARY;WITHOUT" "LINK" ${ARGN})
  string(TOUPPER ${name} kind)
  find_path(${kind}_INCLUDE ${header})
  find_library(${kind}_LIBRARY ${arg_LIBRARY})
  set(used FALSE)
  if((NOT DEFINED KN_${kind} OR KN_${kind}) AND ${kind}_INCLUDE AND ${kind}_LIBRARY)
    set(used TRUE)
  endif()
  kn_offer(${name} ${kind} ${used} "${${kind}_LIBRARY}" "not used, ${arg_WITHOUT}" ${${kind}_LIBRARY} ${arg_LINK})
  if(used)
    target_include_directories(KN::${name} SYSTEM INTERFACE ${${kind}_INCLUDE})
  endif()
endfunction()

# Kernels of small products, generated at run time. Its functions for large ones, which we do not call, need a BLAS.
option(KN_XSMM "Use libxsmm where it is installed" ON)
kn_optional(xsmm libxsmm.h LIBRARY xsmm LINK KN::blas Threads::Threads ${CMAKE_DL_LIBS} m WITHOUT
  "BLAS computes small products too, slower. Debian on amd64: apt-get install libxsmm-dev")

# Stems of words.
kn_optional(stemmer libstemmer.h LIBRARY stemmer WITHOUT
  "words of texts stay whole. Debian: apt-get install libstemmer-dev")

# MATLAB v5 files. Its module would add the headers of a serial HDF5 before ours.
option(KN_MATIO "Use matio where it is installed" ON)
kn_optional(matio matio.h LIBRARY matio WITHOUT
  "MATLAB v5 files cannot be converted. Debian: apt-get install libmatio-dev")

# Optional: pictures and texts. KN::jpeg, KN::png, KN::icu and KN::jansson, empty where the package is not there.
foreach(package "jpeg libjpeg JPEG libjpeg62-turbo-dev JPEG pictures" "png libpng PNG libpng-dev PNG pictures"
        "icu icu-uc ICU libicu-dev texts" "jansson jansson JANSSON libjansson-dev JSON lines")
  separate_arguments(package)
  list(POP_FRONT package name module kind debian)
  list(JOIN package " " what)
  pkg_check_modules(${name}_${module} QUIET IMPORTED_TARGET GLOBAL ${module})
  kn_offer(${name} ${kind} "${${name}_${module}_FOUND}" "${module} ${${name}_${module}_VERSION}"
    "not found, ${what} cannot be converted. Debian: apt-get install ${debian}" PkgConfig::${name}_${module})
endforeach()
