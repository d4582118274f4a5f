#!/bin/sh
# Draws the pages of docs/gallery.md: a report of results in both languages, four of its pages as pictures.
#
#     tools/render_report.sh HOTGRID OUTPUT_FOLDER RESULT.gpkg...
#
# Debian: poppler-utils, and fonts-wqy-microhei for Chinese.
set -eu
hotgrid=$1
folder=$2
shift 2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# The first page that has the words.
page_with() {
    last=$(pdfinfo "$1" | awk '/^Pages:/ { print $2 }')
    page=1
    while [ "$page" -le "$last" ]; do
        if pdftotext -f "$page" -l "$page" "$1" - | grep -q "$2"; then
            echo "$page"
            return
        fi
        page=$((page + 1))
    done
    echo "no page of $1 has the words \"$2\"" >&2
    exit 1
}

draw() {
    pdftoppm -png -r 80 -f "$3" -l "$3" -singlefile "$1" "$folder/report_$2"
    echo "$folder/report_$2.png: page $3"
}

for lang in en zh; do
    pdf=$work/report_$lang.pdf
    "$hotgrid" report "$@" --lang $lang -o "$pdf" >/dev/null
    if [ $lang = en ]; then
        areas="Where incidents concentrate" land="Before and after: HD-01" index="Calendar of"
    else
        areas="事件集中的地方" land="前后对比：HD-01" index="日历"
    fi
    draw "$pdf" first_$lang 1
    draw "$pdf" areas_$lang "$(page_with "$pdf" "$areas")"
    draw "$pdf" land_$lang "$(page_with "$pdf" "$land")"
    draw "$pdf" index_$lang "$(page_with "$pdf" "$index")"
done
