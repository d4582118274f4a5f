"""Writes the rows the way offices hold them, the base map, and the truth beside them.

Everything is stable from run to run: fixed order, fixed dates in the containers.
"""

import csv
import datetime
import io
import json
import os
import zipfile
from xml.sax.saxutils import escape

from osgeo import gdal, ogr

from .township import lonlat, srs

gdal.UseExceptions()
gdal.SetConfigOption("OGR_CURRENT_DATE", "2019-11-01T00:00:00.000Z")

SYNTHETIC = ("SYNTHETIC DATA: invented by sample_data/pingsha/generate.py; "
             "no real place, no real event.")
FIXED_DATE = (1980, 1, 1, 0, 0, 0)


# ------------------------------------------------------------------ CSV -----------------------

def write_csv(path, rows):
    columns = ["案件编号", "案件类别", "发案开始时间", "发案结束时间", "经度", "纬度", "地点类型", "所属社区"]
    text = io.StringIO()
    out = csv.writer(text, lineterminator="\r\n")
    out.writerow(columns)
    for row in rows:
        fields = dict(row.fields, 经度=coordinate(row.xy[0]), 纬度=coordinate(row.xy[1]))
        out.writerow([fields[column] for column in columns])
    with open(path, "wb") as file:
        file.write(text.getvalue().encode("gbk"))


def coordinate(value):
    if isinstance(value, str):
        return value
    return "0" if value == 0 else f"{value:.6f}"


# ------------------------------------------------------------------ XLSX ----------------------

SHEET = "事故"
TITLES = ["平沙镇道路交通事故登记表(合成数据,非真实)", "统计期间:2018-01-01 至 2019-10-31"]
XLSX_COLUMNS = ["事故编号", "日期", "时间", "事故类型", "道路", "经度", "纬度", "injured", "deaths",
                "loss_yuan"]
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_REL = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_SHEET_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'

_XLSX_PARTS = {
    "[Content_Types].xml":
        f'<Types xmlns="{_PACKAGE}/content-types"><Default Extension="rels" ContentType='
        '"application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" '
        'ContentType="application/xml"/><Override PartName="/xl/workbook.xml" '
        f'ContentType="{_SHEET_TYPE}.sheet.main+xml"/><Override PartName='
        f'"/xl/worksheets/sheet1.xml" ContentType="{_SHEET_TYPE}.worksheet+xml"/><Override '
        f'PartName="/xl/styles.xml" ContentType="{_SHEET_TYPE}.styles+xml"/><Override '
        f'PartName="/xl/sharedStrings.xml" ContentType="{_SHEET_TYPE}.sharedStrings+xml"/></Types>',
    "_rels/.rels":
        f'<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="rId1" '
        f'Type="{_REL}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
    "xl/workbook.xml":
        f'<workbook xmlns="{_MAIN}" xmlns:r="{_REL}"><sheets><sheet name="{SHEET}" sheetId="1" '
        'r:id="rId1"/></sheets></workbook>',
    "xl/_rels/workbook.xml.rels":
        f'<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="rId1" '
        f'Type="{_REL}/worksheet" Target="worksheets/sheet1.xml"/><Relationship Id="rId2" '
        f'Type="{_REL}/styles" Target="styles.xml"/><Relationship Id="rId3" '
        f'Type="{_REL}/sharedStrings" Target="sharedStrings.xml"/></Relationships>',
    "xl/styles.xml":
        f'<styleSheet xmlns="{_MAIN}"><numFmts count="2"><numFmt numFmtId="164" '
        'formatCode="yyyy/m/d"/><numFmt numFmtId="165" formatCode="h:mm"/></numFmts>'
        '<fonts count="1"><font><sz val="11"/><name val="宋体"/></font></fonts><fills count="2">'
        '<fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/>'
        '</fill></fills><borders count="1"><border/></borders><cellStyleXfs count="1"><xf/>'
        '</cellStyleXfs><cellXfs count="3"><xf/><xf numFmtId="164" applyNumberFormat="1"/>'
        '<xf numFmtId="165" applyNumberFormat="1"/></cellXfs></styleSheet>'}

DATE_STYLE, TIME_STYLE = 1, 2


def cell_content(value):
    """(style, number) or a text; None is an empty cell."""
    if value is None or value == "":
        return None
    if not isinstance(value, tuple):
        return value if isinstance(value, str) else (0, repr(value))
    style, moment = value
    if isinstance(moment, datetime.date):
        serial = (moment - datetime.date(1899, 12, 30)).days
        return {"text": moment.strftime("%Y-%m-%d"), "cell": (DATE_STYLE, serial),
                "serial": (0, serial)}[style]
    serial = repr(round((moment.hour * 60 + moment.minute) / 1440, 12))
    return {"text": moment.strftime("%H:%M"), "cell": (TIME_STYLE, serial),
            "serial": (0, serial)}[style]


def sheet_xml(table, strings):
    """The sheet's XML; texts are numbered into `strings`."""
    lines = [f'<worksheet xmlns="{_MAIN}"><cols><col min="1" max="10" width="15" '
             'customWidth="1"/></cols><sheetData>']
    for r, values in enumerate(table, 1):
        cells = []
        for letter, value in zip("ABCDEFGHIJ", values):
            content = cell_content(value)
            if isinstance(content, str):
                index = strings.setdefault(content, len(strings))
                cells.append(f'<c r="{letter}{r}" t="s"><v>{index}</v></c>')
            elif content is not None:
                style = f' s="{content[0]}"' if content[0] else ""
                cells.append(f'<c r="{letter}{r}"{style}><v>{content[1]}</v></c>')
        lines.append(f'<row r="{r}">{"".join(cells)}</row>')
    lines.append('</sheetData><mergeCells count="2"><mergeCell ref="A1:J1"/>'
                 '<mergeCell ref="A2:J2"/></mergeCells></worksheet>')
    return "".join(lines)


def write_xlsx(path, rows):
    table = [[title] for title in TITLES] + [XLSX_COLUMNS]
    for row in rows:
        fields = dict(row.fields, 经度=row.xy[0], 纬度=row.xy[1])
        table.append([fields[column] for column in XLSX_COLUMNS])
    strings = {}
    parts = dict(_XLSX_PARTS, **{"xl/worksheets/sheet1.xml": sheet_xml(table, strings)})
    items = "".join(f"<si><t>{escape(text)}</t></si>" for text in strings)
    parts["xl/sharedStrings.xml"] = f'<sst xmlns="{_MAIN}">{items}</sst>'
    with zipfile.ZipFile(path, "w") as archive:
        for name, xml in parts.items():
            info = zipfile.ZipInfo(name, FIXED_DATE)
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, _XML + xml)


# ------------------------------------------------------------------ GeoJSON -------------------

def write_geojson(path, rows):
    def feature(row):
        geometry = row.geometry
        if geometry is None and row.xy is not None:
            geometry = {"type": "Point", "coordinates": list(row.xy)}
        return json.dumps({"type": "Feature", "properties": row.fields, "geometry": geometry},
                          ensure_ascii=False)

    head = f'{{"type": "FeatureCollection", "name": "fire", "note": {json.dumps(SYNTHETIC)},\n'
    with open(path, "w", encoding="utf-8", newline="\n") as file:
        file.write(head + '"features": [\n' + ",\n".join(map(feature, rows)) + "\n]}\n")


# ------------------------------------------------------------------ GeoPackage ----------------

def create_gpkg(path):
    if os.path.exists(path):
        os.remove(path)
    dataset = ogr.GetDriverByName("GPKG").CreateDataSource(path)
    dataset.SetMetadataItem("NOTE", SYNTHETIC)
    return dataset


def create_layer(dataset, name, code, kind, columns):
    """columns: name -> OGR type; text columns are given as ogr.OFTString."""
    layer = dataset.CreateLayer(name, srs(code), kind, [f"DESCRIPTION={SYNTHETIC}"])
    for column, type_ in columns.items():
        layer.CreateField(ogr.FieldDefn(column, type_))
    return layer


def add_feature(layer, fields, geometry):
    feature = ogr.Feature(layer.GetLayerDefn())
    for column, value in fields.items():
        if value is not None:
            feature[column] = value
    feature.SetGeometry(geometry)
    layer.CreateFeature(feature)


def point(x, y):
    geometry = ogr.Geometry(ogr.wkbPoint)
    geometry.AddPoint_2D(x, y)
    return geometry


def line(points, kind=ogr.wkbLineString):
    geometry = ogr.Geometry(kind)
    for x, y in points:
        geometry.AddPoint_2D(x, y)
    return geometry


def polygon(ring):
    geometry = ogr.Geometry(ogr.wkbPolygon)
    geometry.AddGeometry(line(ring + ring[:1], ogr.wkbLinearRing))
    return geometry


def degrees(points):
    return [tuple(round(v, 7) for v in lonlat(x, y)) for x, y in points]


def write_city_management(path, rows):
    dataset = create_gpkg(path)
    columns = {name: ogr.OFTString for name in ("case_id", "category", "reported_at", "community")}
    layer = create_layer(dataset, "cases", 4547, ogr.wkbPoint, dict(columns, weight=ogr.OFTReal))
    layer.StartTransaction()
    for row in rows:
        add_feature(layer, row.fields, None if row.xy is None else point(*row.xy))
    layer.CommitTransaction()


def write_boundary(path, town):
    dataset = create_gpkg(path)
    layer = create_layer(dataset, "boundary", 4490, ogr.wkbPolygon,
                         {"name": ogr.OFTString, "name_en": ogr.OFTString})
    add_feature(layer, {"name": "平沙镇(合成)", "name_en": "Pingsha (synthetic)"},
                polygon(degrees(town.ring)))


def write_places(path, town):
    """`places` holds all and stands first; `villages` and `roads` hold the two kinds."""
    dataset = create_gpkg(path)
    columns = {name: ogr.OFTString for name in ("name", "name_en")}
    everything = create_layer(dataset, "places", 4490, ogr.wkbUnknown,
                              dict(columns, kind=ogr.OFTString))
    villages = create_layer(dataset, "villages", 4490, ogr.wkbPoint, columns)
    roads = create_layer(dataset, "roads", 4490, ogr.wkbLineString, columns)
    kinds = [("village", villages, v, point(*degrees([v["at"]])[0])) for v in town.villages]
    kinds += [("road", roads, r, line(degrees(r["line"]))) for r in town.roads]
    for kind, layer, place, geometry in kinds:
        names = {"name": place["name"], "name_en": place["name_en"]}
        # OGR creates a table with its first feature, so the combined layer is written first.
        add_feature(everything, dict(names, kind=kind), geometry)
        add_feature(layer, names, geometry)


# ------------------------------------------------------------------ truth ---------------------

def write_bad_rows(path, files, needs):
    """files: file name -> rows. Row numbers count data rows from 1."""
    with open(path, "w", encoding="utf-8", newline="") as file:
        out = csv.writer(file, lineterminator="\n")
        out.writerow(["file", "row", "reason", "needs", "note"])
        for name, rows in files.items():
            for number, row in enumerate(rows, 1):
                if row.reason:
                    out.writerow([name, number, row.reason, needs.get(row.reason, "always"),
                                  row.note])


def write_truth(path, truth):
    with open(path, "w", encoding="utf-8", newline="\n") as file:
        json.dump(truth, file, ensure_ascii=False, indent=1)
        file.write("\n")


def write_truth_gpkg(path, spots):
    dataset = create_gpkg(path)
    columns = {"id": ogr.OFTString, "what": ogr.OFTString, "stream": ogr.OFTString,
               "events": ogr.OFTInteger, "sigma_m": ogr.OFTReal, "nearest_place": ogr.OFTString,
               "peak_hours": ogr.OFTString}
    layer = create_layer(dataset, "planted_hotspots", 4547, ogr.wkbPolygon, columns)
    for spot in spots:
        fields = {column: spot[column] for column in columns if column != "peak_hours"}
        fields["peak_hours"] = ", ".join(map(str, spot["peak_hours"]))
        add_feature(layer, fields, point(spot["x"], spot["y"]).Buffer(2 * spot["sigma_m"], 16))
