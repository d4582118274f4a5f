#!/bin/sh
# The audit against QGIS and R on the same files in the same run; medians, ratios, peak memory. Then how its time
# grows with the number of patches.
#   run.sh BUILD_FOLDER [PATCHES [LARGEST]]
set -eu
build=$1
patches=${2:-100000}
largest=${3:-1000000}
runs=3
here=$(dirname "$0")
work=$(mktemp -d "${TMPDIR:-/tmp}/hotgrid-bench-XXXXXX")
trap 'rm -rf "$work"' EXIT INT TERM

measure() { /usr/bin/env python3 "$here/measure.py" "$@"; }
median() { sort -n | awk '{v[NR] = $0} END {print v[int((NR + 1) / 2)]}'; }
town() { # makes the files of a town and reads them once, so that no run finds them colder than another
    rm -rf "$work/town" && mkdir "$work/town"
    "$build/make_town" "$1" "$work/town"
    cat "$work/town/patches.gpkg" "$work/town/parcels.gpkg" >/dev/null
}
audit() {
    measure "$build/hotgrid" audit --zones "$work/town/parcels.gpkg" --survey "$work/town/patches.gpkg@2019-01-15" \
        --threads 2 --overwrite -q -o "$work/audit.gpkg" "$@"
}
qgis() {
    measure "$qgis_process" run native:intersection -- INPUT="$work/town/patches.gpkg" \
        OVERLAY="$work/town/parcels.gpkg" OUTPUT="$work/qgis.gpkg"
}
sf() {
    measure Rscript --vanilla "$here/intersection.R" "$work/town/patches.gpkg" "$work/town/parcels.gpkg" "$work/sf.gpkg"
}

has_qgis=0 has_sf=0
# Debian's wrapper hands on an option that its own program refuses, so the program itself is called.
qgis_process=$(command -v qgis_process.bin || command -v qgis_process) && has_qgis=1
command -v Rscript >/dev/null 2>&1 && Rscript --vanilla -e 'library(sf)' >/dev/null 2>&1 && has_sf=1

echo "== $patches building-like patches against parcels, GeoPackage to GeoPackage, 2 threads"
town "$patches"
i=0
while [ $i -lt $runs ]; do # interleaved, so that a machine that slows down slows all
    audit >>"$work/t_audit"
    audit --no-hash --area-mode planar >>"$work/t_planar"
    [ $has_qgis = 0 ] || qgis >>"$work/t_qgis"
    [ $has_sf = 0 ] || sf >>"$work/t_sf"
    i=$((i + 1))
done
printf '%-44s %8s %9s %9s %10s\n' "" seconds processor "peak MiB" "times ours"
row() { # label, file
    [ -f "$2" ] || return 0
    median <"$2" | awk -v l="$1" -v ours="$(median <"$work/t_audit" | cut -d' ' -f1)" \
        '{printf "%-44s %8.2f %9.2f %9.0f %10.2f\n", l, $1, $2, $3, $1 / ours}'
}
row "hotgrid audit" "$work/t_audit"
row "hotgrid audit --no-hash --area-mode planar" "$work/t_planar"
row "QGIS native:intersection (no ledger)" "$work/t_qgis"
row "R sf st_intersection (no ledger)" "$work/t_sf"
[ $has_qgis = 1 ] || echo "qgis_process is not installed"
[ $has_sf = 1 ] || echo "R with sf is not installed"
echo "hotgrid: $(/usr/bin/python3 "$here/pieces.py" "$work/audit.gpkg" encroachments)"
[ $has_qgis = 0 ] || echo "QGIS:    $(/usr/bin/python3 "$here/pieces.py" "$work/qgis.gpkg" qgis)"
[ $has_sf = 0 ] || echo "R sf:    $(/usr/bin/python3 "$here/pieces.py" "$work/sf.gpkg" pieces)"

echo
echo "== growth: seconds over n log2 n, as multiples of the first"
printf '%10s %8s %9s %8s\n' patches seconds "peak MiB" growth
first=""
for n in 62500 125000 250000 500000 1000000; do
    [ "$n" -le "$largest" ] || continue
    town "$n"
    set -- $(audit)
    first=${first:-$(echo "$n $1" | awk '{print $2 / ($1 * log($1))}')}
    echo "$n $1 $3 $first" | awk '{printf "%10d %8.2f %9.0f %8.2f\n", $1, $2, $3, $2 / ($1 * log($1)) / $4}'
done
