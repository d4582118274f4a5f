#!/bin/sh
# The whole suite: as a release built by gcc, and under ASan and UBSan built by clang; neither may warn.
set -eu
jobs=$1
build() {
    cmake --preset "$1" "$2" >"build-$1.log" 2>&1 && cmake --build --preset "$1" -j "$jobs" >>"build-$1.log" 2>&1 ||
        { cat "build-$1.log"; rm -f "build-$1.log"; echo "building the preset $1 failed"; exit 1; }
    rm -f "build-$1.log"
}
build release -DHOTGRID_TESTS=ON
build asan -DHOTGRID_TESTS=ON
if [ -n "${HOTGRID_EXHAUSTIVE:-}" ] && command -v mpirun >/dev/null 2>&1; then # else cli.ranks uses what make mpi built
    build mpi -DHOTGRID_TESTS=OFF
fi
echo "== under ASan and UBSan"
if [ -n "${HOTGRID_EXHAUSTIVE:-}" ]; then
    ctest --preset asan -j "$jobs"
else # what runs hundreds of commands is left to continuous integration
    ctest --preset asan -j "$jobs" -LE long
fi
echo "== release"
if [ -n "${HOTGRID_EXHAUSTIVE:-}" ]; then
    ctest --preset release -j "$jobs"
else
    ctest --preset release -j "$jobs" -LE minutes
fi
