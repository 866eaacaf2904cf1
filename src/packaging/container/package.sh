# The first half of both containers, on a bare Debian 12, as root, in the top folder of a copy of the project: builds
# build/container/packages/kitinet_*.deb, which names the libraries that it needs. For any processor of the
# architecture.
set -eu
build=build/container
test_packages="dpkg-dev file" # which find the libraries' packages
. jobs/packages.sh
cmake -S . -B $build -DCMAKE_BUILD_TYPE=Release -DKN_NATIVE=OFF -DBUILD_TESTING=OFF
cmake --build $build --parallel "$(nproc)"
cd $build
cpack -G DEB
