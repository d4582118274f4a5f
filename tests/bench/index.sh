#!/bin/sh
# The index of a whole city against reading its incidents through OGR's feature loop: wall and processor seconds.
#   index.sh BUILD_FOLDER [INCIDENTS]
set -eu
build=$1
incidents=${2:-1000000}
runs=5
work=$(mktemp -d "${TMPDIR:-/tmp}/hotgrid-bench-XXXXXX")
trap 'rm -rf "$work"' EXIT INT TERM

measure() { # wall and processor seconds of a command, its output thrown away
    /usr/bin/env python3 - "$@" <<'PY'
import resource, subprocess, sys, time
t = time.monotonic()
subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print("%.3f %.3f" % (time.monotonic() - t, used.ru_utime + used.ru_stime))
PY
}
median() { cut -d ' ' -f "$2" "$1" | sort -n | awk '{v[NR] = $1} END {print v[int((NR + 1) / 2)]}'; }
index() {
    measure "$build/hotgrid" index "$work/city.gpkg" --stream-col stream --time t_start --units "$work/units.gpkg" \
        --unit-name name --since 2017-01-01 --until 2020-01-01 --overwrite -q -o "$work/out.gpkg" "$@"
}

"$build/make_city" "$incidents" "$work/city.gpkg" "$work/units.gpkg"
cat "$work/city.gpkg" >/dev/null
i=0
while [ $i -lt $runs ]; do # interleaved, so that a machine that slows down slows all
    measure "$build/ogr_loop" "$work/city.gpkg" >>"$work/ogr"
    index --certainty-draws 0 >>"$work/off"
    index >>"$work/exact"
    i=$((i + 1))
done
echo "$incidents incidents, 124 units, three years: medians of $runs runs"
printf '%-38s %8s %8s %8s\n' "" wall cpu "ratio"
for row in "ogr:OGR feature loop, reading only" "off:hotgrid index --certainty-draws 0" "exact:hotgrid index"; do
    file="$work/${row%%:*}"
    awk -v n="${row#*:}" -v w="$(median "$file" 1)" -v c="$(median "$file" 2)" -v o="$(median "$work/ogr" 1)" \
        'BEGIN {printf "%-38s %8.2f %8.2f %8.2f\n", n, w, c, w / o}'
done
