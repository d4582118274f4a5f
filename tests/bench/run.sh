#!/bin/sh
# The benchmark table. Ratios are within this run, on this machine; medians of several runs.
#   run.sh BUILD_FOLDER [POINTS]
set -eu
build=$1
points=${2:-10000000}
runs=5
work=$(mktemp -d "${TMPDIR:-/tmp}/hotgrid-bench-XXXXXX")
trap 'rm -rf "$work"' EXIT INT TERM

echo "== density core (exact, quartic)"
"$build/bench_density"

echo
echo "== Gi* and local Moran"
"$build/bench_local"
echo "== trends core: 256 x 256 cells, 60 steps (Gi*, false discovery rate, Mann-Kendall, patterns)"
"$build/bench_trends"

seconds() { # wall seconds of a command, output thrown away
    /usr/bin/env python3 - "$@" <<'PY'
import subprocess, sys, time
t = time.monotonic()
subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)
print("%.3f" % (time.monotonic() - t))
PY
}
median() { sort -n | awk '{v[NR] = $1} END {print v[int((NR + 1) / 2)]}'; }

echo
echo "== whole command: $points weighted points in a GeoPackage to the ranked GeoPackage and COG"
"$build/make_points" "$points" "$work/points.gpkg"
cat "$work/points.gpkg" >/dev/null
hotspots() {
    seconds "$build/hotgrid" hotspots "$work/points.gpkg" --weight weight --bandwidth 400 --cell 9.77 \
        --bounds 400000,2430000,420000,2450000 --chance 0 --stability 0 --overwrite -q -o "$work/out.gpkg" "$@"
}
i=0
while [ $i -lt $runs ]; do # interleaved, so that a machine that slows down slows all three
    seconds "$build/ogr_loop" "$work/points.gpkg" >>"$work/ogr"
    hotspots --no-hash >>"$work/plain"
    hotspots >>"$work/hashed"
    i=$((i + 1))
done
ogr=$(median <"$work/ogr")
plain=$(median <"$work/plain")
hashed=$(median <"$work/hashed")
awk -v o="$ogr" -v p="$plain" -v h="$hashed" 'BEGIN {
    printf "%-34s %8s %8s\n", "", "seconds", "ratio"
    printf "%-34s %8.2f %8.2f\n", "OGR feature loop, reading only", o, 1
    printf "%-34s %8.2f %8.2f\n", "hotgrid hotspots --no-hash", p, p / o
    printf "%-34s %8.2f %8.2f\n", "hotgrid hotspots", h, h / o
}'
