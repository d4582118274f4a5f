#!/bin/sh
# Memory errors and leaks of our own code: the unit tests and one whole run under valgrind.
#   valgrind.sh BUILD_FOLDER
set -eu
build=$1
here=$(dirname "$0")
command -v valgrind >/dev/null 2>&1 || { echo "valgrind is not installed: apt-get install valgrind" >&2; exit 1; }
check() {
    valgrind --quiet --error-exitcode=9 --leak-check=full --errors-for-leak-kinds=definite \
        --suppressions="$here/valgrind.supp" "$@"
}
# (Tests that compare with long double sums are left out: valgrind computes those in double.)
for t in civil zone encoding grid kernel bandwidth rank hash staging style; do
    echo "valgrind: unit.$t"
    check "$build/test_unit_$t" >/dev/null
done
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
echo "valgrind: hotgrid hotspots"
check "$build/hotgrid" hotspots sample_data/memphis/memphis_robberies_2019.csv \
    --area sample_data/memphis/memphis_precincts.gpkg --chance 9 -q -o "$work/memphis.gpkg"
echo "valgrind: no errors"
