#!/bin/sh
# Builds the command for mpirun at build/mpi/hotgrid, and shows what was said only where that fails.
set -eu
log=$(mktemp)
trap 'rm -f "$log"' EXIT
{ cmake --preset mpi && cmake --build --preset mpi -j "${1:-$(nproc)}"; } >"$log" 2>&1 || { cat "$log"; exit 1; }
