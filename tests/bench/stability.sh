#!/bin/sh
# What the runs behind rank_stability cost: hotspots with 100 of them against none, on small, middling and large data.
#   stability.sh BUILD_FOLDER [RUNS] [POINTS...]
set -eu
build=$1
runs=${2:-5}
[ $# -gt 2 ] && shift 2 || set -- 100000 1000000
here=$(dirname "$0")
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
compare() { # NAME ARGUMENTS of hotspots: with and without, interleaved
    name=$1
    shift
    rm -f "$work/none" "$work/hundred"
    i=0
    while [ $i -lt "$runs" ]; do
        for n in none:0 hundred:100; do
            measure "$build/hotgrid" hotspots "$@" --threads 2 --stability "${n#*:}" --overwrite -q \
                -o "$work/out.gpkg" >>"$work/${n%%:*}"
        done
        i=$((i + 1))
    done
    awk -v name="$name" -v a="$(median "$work/none" 1)" -v b="$(median "$work/hundred" 1)" \
        -v c="$(median "$work/none" 2)" -v d="$(median "$work/hundred" 2)" \
        'BEGIN {printf "%-32s %8.2f %8.2f %6.1f %8.2f %8.2f %6.1f\n", name, a, b, b / a, c, d, d / c}'
}

echo "hotgrid hotspots --threads 2 --stability 0 and 100: medians of $runs runs, wall and processor seconds"
printf '%-32s %8s %8s %6s %8s %8s %6s\n' "" "wall 0" "100" ratio "cpu 0" "100" ratio
memphis=$here/../../sample_data/memphis
compare "Memphis, 2245 robberies" "$memphis/memphis_robberies_2019.csv" --area "$memphis/memphis_precincts.gpkg"
for n in "$@"; do
    points=$work/points_$n.gpkg
    "$build/make_points" "$n" "$points"
    compare "$n points on 2048 x 2048" "$points" --weight weight --bandwidth 400 --cell 9.77 \
        --bounds 400000,2430000,420000,2450000 --chance 0
    rm -f "$points"
done
