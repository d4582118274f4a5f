#!/bin/sh
# The demo: the synthetic township's incidents, and the audit of its land and rivers.
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
echo
echo "Two flights over the same township, and the cases of its land campaign:"
audit=$("$hotgrid" audit \
    --zones $data/land.gpkg:zones --permits $data/land.gpkg:permits \
    --survey $data/flights.gpkg:patches_201901@2019-01-15 \
    --survey $data/flights.gpkg:patches_201910@2019-10-20 \
    --coverage $data/flights.gpkg:covered_201910@2019-10-20 \
    --actions $data/actions_gbk.csv --assets $data/assets.csv --patrols $data/patrols.csv \
    --opening $data/opening.csv --class-map $data/audit_classes.yaml \
    --overwrite -o demo/pingsha_audit.gpkg)
echo "$audit"
echo "Its land was drawn after a town that reported these figures; from the outlines above come:"
echo "$audit" | awk '
    /^by /                                   { table = $2 }
    table == "action" && /^  (contract|rent|litigation) / { land += $4 }
    table == "class" && $1 == "fish_pond"    { ponds = $6 }
    table == "class" && $1 == "structure"    { structures = $4 }
    table == "class" && $1 == "oyster_raft"  { rafts = $4 }
    /^public buildings:/                     { for (i = 1; i < NF; i++) if ($i == "recovered") rooms = $(i + 1) + 0 }
    END {
        row = "  %-66s %12s %12s\n"
        printf row, "", "more than", "computed"
        printf row, "state land recovered by contracts, back-paid rent and litigation, mu", "1,897", sprintf("%.3f", land)
        printf row, "public buildings recovered, rooms", "143", rooms
        printf row, "illegal fish ponds cleared, mu", "280", ponds
        printf row, "illegal structures cleared, m2", "6,200", structures
        printf row, "oyster rafts cleared, m2", "40,000", rafts
    }'
