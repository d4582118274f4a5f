#!/usr/bin/python3
"""Draws the embedded project of a result GeoPackage as one page: map, legend, scale bar, north arrow.

    QT_QPA_PLATFORM=offscreen /usr/bin/python3 tools/render_map.py RESULT.gpkg MAP.png \\
        [--title TEXT] [--source TEXT] [--inset RANK] [--project NAME] [--width PX] [--height PX]

What is drawn, in which order and how it is labelled comes from the project alone; layers that it
hides stay hidden. The inset shows the hotspot area of one rank from near. Debian: python3-qgis, and
fonts-wqy-microhei for Chinese names.
"""
import argparse
import os
import sqlite3
import sys

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from qgis.PyQt.QtCore import QRectF, Qt  # noqa: E402
from qgis.PyQt.QtGui import QColor, QFont  # noqa: E402
from qgis.core import (  # noqa: E402
    QgsApplication, QgsLayoutExporter, QgsLayoutItemLabel, QgsLayoutItemLegend, QgsLayoutItemMap,
    QgsLayoutItemPicture, QgsLayoutItemScaleBar, QgsLayoutMeasurement, QgsLayoutPoint,
    QgsLayoutSize, QgsLegendStyle, QgsMapLayerLegendUtils, QgsMapLayerType, QgsPrintLayout, QgsProject,
    QgsUnitTypes)

PAGE_MM = (280.0, 200.0)
MARGIN_MM = 6.0
SIDE_MM = 74.0  # of the column right of the map
TITLE_MM = 13.0
FOOT_MM = 7.0
INSET_MM = 52.0  # high


def parse(argv):
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    p.add_argument("result")
    p.add_argument("png")
    p.add_argument("--title")
    p.add_argument("--source", default="")
    p.add_argument("--inset", type=int, default=0)
    p.add_argument("--project")
    p.add_argument("--width", type=int, default=1400)
    p.add_argument("--height", type=int, default=1000)
    return p.parse_args(argv)


def project_name(path):
    with sqlite3.connect("file:%s?mode=ro" % path, uri=True) as db:
        row = db.execute("SELECT name FROM qgis_projects ORDER BY 1").fetchone()
    return row[0] if row else None


def font(points, bold=False):
    f = QFont()
    f.setPointSizeF(points)
    f.setBold(bold)
    return f


def add_label(layout, text, rect, f, align=Qt.AlignLeft):
    label = QgsLayoutItemLabel(layout)
    label.setText(text)
    label.setFont(f)
    label.setHAlign(align)
    label.setVAlign(Qt.AlignVCenter)
    layout.addLayoutItem(label)
    label.attemptSetSceneRect(QRectF(*rect))


def add_map(layout, project, layers, rect, extent):
    item = QgsLayoutItemMap(layout)
    layout.addLayoutItem(item)
    item.attemptSetSceneRect(rect)
    item.setCrs(project.crs())
    item.setLayers(layers)
    item.setKeepLayerSet(True)
    item.zoomToExtent(extent)
    item.setFrameEnabled(True)
    item.setFrameStrokeColor(QColor("#808080"))
    item.setFrameStrokeWidth(QgsLayoutMeasurement(0.2))
    return item


def area_extent(project, rank):
    """The box of the hotspot area of a rank with room around it; None if there is none."""
    for layer in project.mapLayers().values():
        if "layername=hotspot_areas" in layer.source():
            for feature in layer.getFeatures('"rank" = %d' % rank):
                box = feature.geometry().boundingBox()
                return box.buffered(0.6 * max(box.width(), box.height()))
    return None


def add_legend(layout, map_item, layers, left, top, tight):
    """Tight where an inset needs the room below; returns where it ends."""
    legend = QgsLayoutItemLegend(layout)
    legend.setLinkedMap(map_item)
    legend.setAutoUpdateModel(False)
    shown = {layer.id() for layer in layers}
    for node in list(legend.model().rootGroup().findLayers()):
        if node.layerId() not in shown:
            node.parent().removeChildNode(node)
        elif node.layer().type() == QgsMapLayerType.RasterLayer:
            # the first node only names the band
            count = len(legend.model().layerOriginalLegendNodes(node))
            QgsMapLayerLegendUtils.setLegendNodeOrder(node, list(range(1, count)))
            legend.model().refreshLayerLegend(node)
    for style, points, bold in ((QgsLegendStyle.Subgroup, 9.5 if tight else 10, True),
                                (QgsLegendStyle.SymbolLabel, 8.5 if tight else 9.5, False)):
        legend.setStyleFont(style, font(points, bold))
    if tight:
        legend.rstyle(QgsLegendStyle.Symbol).setMargin(QgsLegendStyle.Top, 1.2)
        legend.rstyle(QgsLegendStyle.Subgroup).setMargin(QgsLegendStyle.Top, 1.8)
    legend.setSymbolHeight(3.0 if tight else 4.0)
    layout.addLayoutItem(legend)
    legend.attemptMove(QgsLayoutPoint(left, top))
    legend.adjustBoxSize()
    return top + legend.rect().height()


def add_scale_bar(layout, map_item, left, bottom):
    bar = QgsLayoutItemScaleBar(layout)
    layout.addLayoutItem(bar)
    bar.setLinkedMap(map_item)
    bar.setStyle("Single Box")
    bar.applyDefaultSize(QgsUnitTypes.DistanceKilometers)
    bar.setUnitLabel("km")
    bar.setHeight(2.5)
    text = bar.textFormat()
    text.setSize(9)
    text.setSizeUnit(QgsUnitTypes.RenderPoints)
    bar.setTextFormat(text)
    bar.update()
    bar.attemptMove(QgsLayoutPoint(left, bottom - bar.rect().height()))


def add_north_arrow(layout, left, top, size):
    arrow = QgsLayoutItemPicture(layout)
    for folder in QgsApplication.svgPaths():
        path = os.path.join(folder, "arrows", "NorthArrow_02.svg")
        if os.path.exists(path):
            arrow.setPicturePath(path)
            break
    layout.addLayoutItem(arrow)
    arrow.attemptSetSceneRect(QRectF(left, top, size, size))


def draw_side(layout, project, args, map_item, layers, rect):
    """Right of the map: legend, inset, and at the bottom scale bar and north arrow."""
    left = rect.right() + MARGIN_MM
    near = area_extent(project, args.inset) if args.inset else None
    ends = add_legend(layout, map_item, layers, left - 2, rect.top() - 2, near is not None)
    add_scale_bar(layout, map_item, left, rect.bottom())
    add_north_arrow(layout, left + SIDE_MM - 16, rect.bottom() - 15, 15)
    if near is None:
        return
    bottom = rect.bottom() - 18
    top = min(max(bottom - INSET_MM, ends + 6), bottom - 10)
    add_label(layout, "Area %d from near" % args.inset, (left, top - 6, SIDE_MM, 6), font(9.5, True))
    add_map(layout, project, layers, QRectF(left, top, SIDE_MM, bottom - top), near)


def draw(project, args):
    layout = QgsPrintLayout(project)
    layout.initializeDefaults()
    layout.pageCollection().page(0).setPageSize(QgsLayoutSize(*PAGE_MM))
    root = project.layerTreeRoot()
    checked = root.checkedLayers()
    layers = [layer for layer in root.layerOrder() if layer in checked and layer.isSpatial()]
    rect = QRectF(MARGIN_MM, MARGIN_MM + TITLE_MM, PAGE_MM[0] - 3 * MARGIN_MM - SIDE_MM,
                  PAGE_MM[1] - 2 * MARGIN_MM - TITLE_MM - FOOT_MM)
    view = project.viewSettings().defaultViewExtent()
    map_item = add_map(layout, project, layers, rect,
                       view if not view.isEmpty() else project.viewSettings().fullExtent())
    add_label(layout, args.title or project.title(),
              (MARGIN_MM, MARGIN_MM - 1, PAGE_MM[0] - 2 * MARGIN_MM, TITLE_MM - 1), font(15, True))
    draw_side(layout, project, args, map_item, layers, rect)
    foot = "  ·  ".join(t for t in (args.source, project.crs().description()) if t)
    add_label(layout, foot, (MARGIN_MM, rect.bottom() + 1.5, PAGE_MM[0] - 2 * MARGIN_MM, FOOT_MM),
              font(8.5))
    settings = QgsLayoutExporter.ImageExportSettings()
    settings.dpi = 25.4 * args.width / PAGE_MM[0]
    settings.imageSize.setWidth(args.width)
    settings.imageSize.setHeight(args.height)
    return QgsLayoutExporter(layout).exportToImage(args.png, settings) == QgsLayoutExporter.Success


def main():
    args = parse(sys.argv[1:])
    path = os.path.abspath(args.result)
    name = args.project or project_name(path)
    if not name:
        print("%s holds no project" % args.result, file=sys.stderr)
        return 1
    app = QgsApplication([], False)
    app.initQgis()
    project = QgsProject.instance()
    try:
        ok = project.read("geopackage:%s?projectName=%s" % (path, name)) and draw(project, args)
        project.clear()
    finally:
        app.exitQgis()
    if not ok:
        print("%s: the project %s could not be drawn" % (args.result, name), file=sys.stderr)
    return 0 if ok else 1


if __name__ == "__main__":
    sys.exit(main())
