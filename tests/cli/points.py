"""Small made-up incidents and the ways of writing them down that the tests of the readers share."""
import random
import zipfile
from xml.sax.saxutils import escape

from osgeo import gdal, ogr, osr

gdal.UseExceptions()

HEADS = ["case_no", "lon", "lat", "when", "kind", "loss"]
KINDS = ["theft", "盗窃", "arson"]


def make_points(n=300, seed=7, centre=(113.1, 22.05)):
    """Rows of (case number, longitude, latitude, time, kind, loss) in a few clusters."""
    random.seed(seed)
    rows = []
    for i in range(n):
        cx, cy = ((0, 0), (0.02, 0.01), (-0.015, 0.02))[i % 3]
        lon = round(centre[0] + cx + random.gauss(0, 0.004), 6)
        lat = round(centre[1] + cy + random.gauss(0, 0.004), 6)
        when = "2019-%02d-%02d %02d:%02d:00" % (1 + i % 12, 1 + i % 28, i % 24, i % 60)
        rows.append((i + 1, lon, lat, when, KINDS[i % 3], round(1 + i * 0.25, 2)))
    return rows


def as_text(rows, separator=",", heads=HEADS):
    lines = [separator.join(heads)]
    lines += [separator.join(str(v) for v in row) for row in rows]
    return "\n".join(lines) + "\n"


def wgs84():
    srs = osr.SpatialReference()
    srs.ImportFromEPSG(4326)
    srs.SetAxisMappingStrategy(osr.OAMS_TRADITIONAL_GIS_ORDER)
    return srs


def write_layer(path, driver, rows, layer="cases", options=(), dataset_options=(), geometry=ogr.wkbPoint):
    """The points as a layer with the attributes of HEADS but the coordinates."""
    ds = ogr.GetDriverByName(driver).CreateDataSource(str(path), list(dataset_options))
    out = ds.CreateLayer(layer, wgs84(), geometry, list(options))
    for name, kind in (("case_no", ogr.OFTInteger), ("when", ogr.OFTDateTime),
                       ("kind", ogr.OFTString), ("loss", ogr.OFTReal)):
        if driver == "ESRI Shapefile" and kind == ogr.OFTDateTime:
            kind = ogr.OFTString
        out.CreateField(ogr.FieldDefn(name, kind))
    for number, lon, lat, when, kind, loss in rows:
        f = ogr.Feature(out.GetLayerDefn())
        f.SetField("case_no", number)
        f.SetField("when", when)
        f.SetField("kind", kind)
        f.SetField("loss", loss)
        g = ogr.Geometry(ogr.wkbPoint)
        g.AddPoint_2D(lon, lat)
        f.SetGeometry(g)
        out.CreateFeature(f)
    ds = None
    return str(path)


class DateCell(float):
    """A serial day that a spreadsheet shows as date and time."""


def write_xlsx(path, rows, sheet="Sheet1", more_sheets=()):
    """Rows of cells (None, text, number or DateCell) as a spreadsheet, without a library."""
    def cell(column, row, value):
        name = ""
        column += 1
        while column:
            column, rest = divmod(column - 1, 26)
            name = chr(65 + rest) + name
        place = "%s%d" % (name, row + 1)
        if value is None:
            return ""
        if isinstance(value, str):
            return '<c r="%s" t="inlineStr"><is><t xml:space="preserve">%s</t></is></c>' % (
                place, escape(value))
        style = ' s="1"' if isinstance(value, DateCell) else ""
        return '<c r="%s"%s><v>%s</v></c>' % (place, style, repr(float(value)) if isinstance(
            value, float) else value)

    def sheet_xml(table):
        body = "".join('<row r="%d">%s</row>' % (r + 1, "".join(
            cell(c, r, v) for c, v in enumerate(values))) for r, values in enumerate(table))
        return ('<?xml version="1.0" encoding="UTF-8"?><worksheet xmlns="http://schemas.'
                'openxmlformats.org/spreadsheetml/2006/main"><sheetData>%s</sheetData></worksheet>' % body)

    sheets = [(sheet, rows), *more_sheets]
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    package = "http://schemas.openxmlformats.org/package/2006"
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as z:
        z.writestr("[Content_Types].xml", '<Types xmlns="%s/content-types"><Default Extension="rels" '
                   'ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default '
                   'Extension="xml" ContentType="application/xml"/><Override PartName="/xl/workbook.xml" '
                   'ContentType="%s.sheet.main+xml"/>%s<Override PartName="/xl/styles.xml" ContentType='
                   '"%s.styles+xml"/></Types>' % (package, kind, "".join(
                       '<Override PartName="/xl/worksheets/sheet%d.xml" ContentType="%s.worksheet+xml"/>'
                       % (k + 1, kind) for k in range(len(sheets))), kind))
        z.writestr("_rels/.rels", '<Relationships xmlns="%s/relationships"><Relationship Id="rId1" Type='
                   '"%s/officeDocument" Target="xl/workbook.xml"/></Relationships>' % (package, office))
        z.writestr("xl/workbook.xml", '<workbook xmlns="%s" xmlns:r="%s"><sheets>%s</sheets></workbook>' % (
            main, office, "".join('<sheet name="%s" sheetId="%d" r:id="rId%d"/>' % (escape(name), k + 1, k + 1)
                                  for k, (name, _) in enumerate(sheets))))
        z.writestr("xl/_rels/workbook.xml.rels", '<Relationships xmlns="%s/relationships">%s<Relationship '
                   'Id="rId99" Type="%s/styles" Target="styles.xml"/></Relationships>' % (package, "".join(
                       '<Relationship Id="rId%d" Type="%s/worksheet" Target="worksheets/sheet%d.xml"/>' % (
                           k + 1, office, k + 1) for k in range(len(sheets))), office))
        z.writestr("xl/styles.xml", '<styleSheet xmlns="%s"><cellXfs count="2"><xf numFmtId="0"/><xf '
                   'numFmtId="22" applyNumberFormat="1"/></cellXfs></styleSheet>' % main)
        for k, (_, table) in enumerate(sheets):
            z.writestr("xl/worksheets/sheet%d.xml" % (k + 1), sheet_xml(table))
    return str(path)
