#!/bin/sh
# Whole commands on a large CSV with all its checks against counting its lines: wall and processor seconds, and the
# wall seconds that are asked for, twice those of wc and four.
#   csv.sh BUILD_FOLDER [ROWS]
set -eu
build=$1
rows=${2:-10000000}
runs=5
work=$(mktemp -d "${TMPDIR:-/tmp}/hotgrid-bench-XXXXXX")
trap 'rm -rf "$work"' EXIT INT TERM

measure() { # wall and processor seconds and peak megabytes of a command, its output thrown away
    /usr/bin/env python3 - "$@" <<'PY'
import resource, subprocess, sys, time
t = time.monotonic()
subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print("%.3f %.3f %.0f" % (time.monotonic() - t, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024))
PY
}
median() { cut -d ' ' -f "$2" "$1" | sort -n | awk '{v[NR] = $1} END {print v[int((NR + 1) / 2)]}'; }
density() {
    file=$1
    shift
    measure "$build/hotgrid" density "$work/$file.csv" --bandwidth 400 --cell 50 --no-hash --overwrite -q \
        -o "$work/out.tif" "$@"
}

"$build/make_csv" "$rows" "$work/metres.csv"
"$build/make_csv" "$rows" "$work/degrees.csv" degrees
cat "$work/metres.csv" "$work/degrees.csv" >/dev/null
i=0
while [ $i -lt $runs ]; do # interleaved, so that a machine that slows down slows all
    measure wc -l "$work/metres.csv" >>"$work/wc"
    density metres --crs EPSG:4547 >>"$work/metres"
    density degrees >>"$work/degrees"
    measure "$build/hotgrid" hotspots "$work/metres.csv" --crs EPSG:4547 --bandwidth 400 --cell 50 --no-hash \
        --chance 0 --stability 0 --significance none --overwrite -q -o "$work/out.gpkg" >>"$work/hotspots"
    i=$((i + 1))
done
echo "$rows rows of text, $(wc -c <"$work/metres.csv") bytes in metres: medians of $runs runs"
printf '%-38s %8s %8s %8s %8s\n' "" wall cpu MB "of limit"
for row in "wc:wc -l" "metres:hotgrid density, metres" "degrees:hotgrid density, degrees" \
    "hotspots:hotgrid hotspots, metres"; do
    file="$work/${row%%:*}"
    awk -v n="${row#*:}" -v w="$(median "$file" 1)" -v c="$(median "$file" 2)" -v m="$(median "$file" 3)" \
        -v o="$(median "$work/wc" 1)" \
        'BEGIN {printf "%-38s %8.2f %8.2f %8.0f %8.2f\n", n, w, c, m, w / (2 * o + 4)}'
done
