#!/bin/sh
# The demo: the synthetic township's batch, from incidents and flights to a briefing in two languages.
set -eu
hotgrid=$1
rm -rf build/demo
echo "Pingsha is a SYNTHETIC township: its incidents are invented, and its hotspots were planted."
said=$("$hotgrid" run sample_data/pingsha/batch.yaml)
echo "$said" | awk '/^[^ ]/ { audit = $1 == "audit" } !audit || /^[^ ]/' # whose tables are in the report
echo
echo "Its land was drawn after a town that reported these figures; from the outlines above come:"
echo "$said" | awk '
    /^    by /                                 { table = $2 }
    table == "action" && /^      (contract|rent|litigation) / { land += $4 }
    table == "class" && $1 == "fish_pond"      { ponds = $6 }
    table == "class" && $1 == "structure"      { structures = $4 }
    table == "class" && $1 == "oyster_raft"    { rafts = $4 }
    /^    public buildings:/                   { for (i = 1; i < NF; i++) if ($i == "recovered") rooms = $(i + 1) + 0 }
    END {
        row = "  %-66s %12s %12s\n"
        printf row, "", "more than", "computed"
        printf row, "state land recovered by contracts, back-paid rent and litigation, mu", "1,897", sprintf("%.3f", land)
        printf row, "public buildings recovered, rooms", "143", rooms
        printf row, "illegal fish ponds cleared, mu", "280", ponds
        printf row, "illegal structures cleared, m2", "6,200", structures
        printf row, "oyster rafts cleared, m2", "40,000", rafts
    }'
echo
echo "The briefing, to be opened in a browser or printed:"
for report in report_en.html report_zh.html report_en.pdf report_zh.pdf; do
    test -s "build/demo/$report"
    echo "  build/demo/$report"
done
