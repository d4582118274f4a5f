# Inside a GRASS session: grass.sh POINTS RADIUS WEST SOUTH EAST NORTH CELL OUTPUT MEASURE
# Prints wall seconds, processor seconds and MiB of v.kernel alone.
set -e
v.in.ogr input="$1" output=points --quiet
g.region w="$3" s="$4" e="$5" n="$6" res="$7"
/usr/bin/env python3 "$9" v.kernel input=points output=density radius="$2" kernel=quartic --quiet
r.out.gdal -c input=density output="$8" type=Float64 --quiet --overwrite
