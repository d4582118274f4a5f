#!/bin/sh
# The demo: the four files of the synthetic township, one command, one map.
set -eu
hotgrid=$1
data=sample_data/pingsha
mkdir -p demo
echo "Pingsha is a SYNTHETIC township: its incidents are invented, and its hotspots were planted."
"$hotgrid" hotspots \
    $data/crime_gbk.csv --datum gcj02 --stream crime --id 案件编号 --category 案件类别 \
    $data/traffic.xlsx --stream traffic --sheet 事故 --header-row 3 --category 事故类型 \
    $data/fire.geojson --stream fire --category category \
    $data/city_management.gpkg --layer cases --stream city_management --category category \
    --area $data/boundary.gpkg --places $data/places.gpkg --bandwidth 400m --cell 50m \
    --overwrite -o demo/pingsha_hotspots.gpkg
