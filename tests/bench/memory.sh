#!/bin/sh
# Peak memory and time by the number of points: what docs/memory.md states, measured.
#   memory.sh BUILD_FOLDER [POINTS ...]
# TMPDIR needs 82 bytes a point of disk, and twice that for the files of the small budget.
set -eu
build=$1
shift
[ $# -gt 0 ] || set -- 1000000 10000000
work=$(mktemp -d "${TMPDIR:-/tmp}/hotgrid-bench-XXXXXX")
trap 'rm -rf "$work"' EXIT INT TERM

# What a command took: seconds, processor seconds, peak of the resident set; started from a small process.
measure() {
    /usr/bin/env python3 -I - "$@" <<'PY'
import resource, subprocess, sys, time
points, name, command = int(sys.argv[1]), sys.argv[2], sys.argv[3:]
t = time.monotonic()
subprocess.run(command, stdout=subprocess.DEVNULL, check=True)
u = resource.getrusage(resource.RUSAGE_CHILDREN)
print("%-34s %11d %8.1f %8.1f %10.0f %8.1f" % (name, points, time.monotonic() - t, u.ru_utime + u.ru_stime,
                                               u.ru_maxrss / 1024, u.ru_maxrss * 1024 / points))
PY
}

printf '%-34s %11s %8s %8s %10s %8s\n' "" points seconds cpu "peak MiB" "B/point"
for points in "$@"; do
    "$build/make_points" "$points" "$work/points.gpkg"
    cat "$work/points.gpkg" >/dev/null
    density() {
        name=$1
        shift
        measure "$points" "$name" "$build/hotgrid" density "$work/points.gpkg" --bandwidth 400 --cell 20 --no-hash \
            --overwrite -q -o "$work/out.tif" "$@"
    }
    hotspots() {
        name=$1
        shift
        measure "$points" "$name" "$build/hotgrid" hotspots "$work/points.gpkg" --bandwidth 400 --cell 20 --no-hash \
            --chance 0 --stability 0 --significance none --overwrite -q -o "$work/out.gpkg" "$@"
    }
    small=$((points * 20 / 1000000))
    [ $small -gt 1 ] || small=1
    density "density"
    density "density, weights" --weight weight
    density "density, weights, --memory ${small}MB" --weight weight --memory ${small}MB
    hotspots "hotspots"
    hotspots "hotspots, weights" --weight weight
    hotspots "hotspots, weights, --memory ${small}MB" --weight weight --memory ${small}MB
done
