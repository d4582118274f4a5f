#!/bin/sh
# Installs the Debian packages that building (build), testing (test), sharing jobs among machines (mpi) and
# continuous integration (ci) need, if they are missing. Elsewhere it says what to install.
set -eu

packages_build="gcc g++ libc6-dev cmake ninja-build pkg-config libgdal-dev libproj-dev proj-data libgeos-dev
libpq-dev libsqlite3-dev libsqlite3-mod-spatialite libjson-c-dev libuchardet-dev libssl-dev libyaml-dev
zlib1g-dev libfftw3-dev libcairo2-dev libpango1.0-dev fonts-wqy-microhei libjs-leaflet tzdata"
packages_test="clang libclang-rt-14-dev libcmocka-dev python3-minimal python3-gdal gdal-bin sqlite3 file
poppler-utils"
packages_ci="qgis python3-qgis postgresql postgresql-postgis postgresql-postgis-scripts chromium
valgrind"

packages_mpi="libopenmpi-dev openmpi-bin"

want=""
for group in "$@"; do
    case $group in
    build) want="$want $packages_build" ;;
    test) want="$want $packages_test" ;;
    mpi) want="$want $packages_mpi" ;;
    ci) want="$want $packages_ci" ;;
    esac
done

missing=""
if command -v dpkg-query >/dev/null 2>&1; then
    for p in $want; do
        dpkg-query -W -f '${Status}\n' "$p" 2>/dev/null | grep -q ' installed' || missing="$missing $p"
    done
    [ -z "$missing" ] && exit 0
fi

if ! command -v apt-get >/dev/null 2>&1; then
    command -v cmake >/dev/null 2>&1 && pkg-config --exists gdal proj sqlite3 json-c uchardet yaml-0.1 fftw3 pangocairo 2>/dev/null && exit 0
    echo "This is no Debian, so nothing is installed. hotgrid needs: a C17 compiler, CMake 3.25, Ninja," >&2
    echo "pkg-config, GDAL 3.6, PROJ 9, GEOS 3.11, SQLite 3.40, SpatiaLite 5, json-c, uchardet, OpenSSL," >&2
    echo "libyaml, zlib, FFTW 3, cairo, pango with a font for Chinese and (for the tests) cmocka, clang, Python 3 with GDAL's bindings." >&2
    exit 1
fi

root=""
if [ "$(id -u)" != 0 ]; then
    if ! command -v sudo >/dev/null 2>&1; then
        echo "These packages are missing and can only be installed by root:$missing" >&2
        exit 1
    fi
    root="sudo"
fi

echo "installing:$missing"
log=$(mktemp)
trap 'rm -f "$log"' EXIT
export DEBIAN_FRONTEND=noninteractive
if ! { $root apt-get update && $root env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends $missing; } >"$log" 2>&1; then
    tail -n 20 "$log" >&2
    echo "The packages above could not be installed." >&2
    exit 1
fi
