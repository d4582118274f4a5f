#!/bin/sh
# Rows of a FlatGeobuf file into columns: OGR's feature loop, its Arrow stream, and our reader; least of several runs,
# wall and processor seconds.
#   read_source.sh BUILD_FOLDER [ROWS]
set -eu
build=$1
rows=${2:-1000000}
runs=3
command -v ogr2ogr >/dev/null || {
    echo "skipped: there is no ogr2ogr (Debian: gdal-bin)"
    exit 77
}
work=$(mktemp -d "${TMPDIR:-/tmp}/hotgrid-bench-XXXXXX")
trap 'rm -rf "$work"' EXIT INT TERM

"$build/make_city" "$rows" "$work/city.gpkg" "$work/units.gpkg"
ogr2ogr -f FlatGeobuf -select stream,weight,case_no,community,grade "$work/city.fgb" "$work/city.gpkg"
cat "$work/city.fgb" >/dev/null
i=0
while [ $i -lt $runs ]; do # interleaved, so that a machine that slows down slows all
    for how in loop arrow ours; do
        "$build/read_source" $how "$work/city.fgb" >>"$work/$how"
    done
    i=$((i + 1))
done
least() { sed 's/.* rows, \([0-9.]*\) s, \([0-9.]*\) s of.*/\1 \2/' "$1" | cut -d ' ' -f "$2" | sort -n | head -n 1; }
echo "$rows rows of FlatGeobuf, 5 attributes: least of $runs runs"
printf '%-34s %8s %8s\n' "" wall cpu
for row in "loop:OGR feature loop" "arrow:OGR Arrow stream, reading only" "ours:hotgrid's reader, with hashes"; do
    file="$work/${row%%:*}"
    printf '%-34s %8.2f %8.2f\n' "${row#*:}" "$(least "$file" 1)" "$(least "$file" 2)"
done
