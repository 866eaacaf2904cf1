# Spack recipe: put this folder's package.py into a repository as packages/kitinet/package.py, then, in a checkout,
#   spack dev-build kitinet@main
from spack.package import *


class Kitinet(CMakePackage):
    """Neural operators with Boltzmann residuals: generates PDE data with PETSc, trains over MPI, evaluates."""

    license("BSD-2-Clause")

    version("main", branch="main")

    variant("native", default=True, description="Compile for the instruction set of the building machine")

    depends_on("c", type="build")
    depends_on("cmake@3.20:", type="build")
    depends_on("pkgconfig", type="build")
    depends_on("mpi")
    depends_on("petsc@3.18:+mpi~complex")
    depends_on("hdf5@1.10:+mpi+hl")
    depends_on("fftw@3.3:+mpi precision=float,double")
    depends_on("openblas")
    depends_on("libxsmm", when="target=x86_64:")
    depends_on("random123")
    depends_on("zlib-api")
    depends_on("libjpeg-turbo")
    depends_on("libpng")
    depends_on("icu4c")
    depends_on("jansson")
    depends_on("nettle")
    depends_on("gnuplot", type="run")

    def cmake_args(self):
        # The tests need more ranks than a login node may allow; the manual runs the program.
        return [self.define_from_variant("KN_NATIVE", "native"), self.define("BUILD_TESTING", self.run_tests)]
