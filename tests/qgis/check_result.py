#!/usr/bin/python3
"""Opens a result GeoPackage as a person with QGIS would, and says what is wrong with it.

    QT_QPA_PLATFORM=offscreen /usr/bin/python3 check_result.py RESULT.gpkg MAP.png [PROJECT]

Every layer must load and find its default style, the embedded project must open with all of its
layers valid, and the legend must be in words. The map is drawn with its legend to MAP.png. One line
per check; exit code 1 if any failed.
"""
import os
import re
import sqlite3
import sys

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from qgis.PyQt.QtCore import QRectF, Qt  # noqa: E402
from qgis.PyQt.QtGui import QColor, QImage  # noqa: E402
from qgis.core import (  # noqa: E402
    QgsApplication, QgsLayerTreeModel, QgsLayoutExporter, QgsLayoutItemLegend, QgsLayoutItemMap,
    QgsLayoutPoint, QgsLayoutSize, QgsPrintLayout, QgsProject, QgsVectorLayer)

OWN_TABLES = ("layer_styles", "qgis_projects")
COLUMN_NAME = re.compile(r"^[a-z]+(_[a-z0-9]+)+$")
failures = 0


def check(ok, text):
    global failures
    failures += not ok
    print(("ok      " if ok else "FAILED  ") + text)
    return ok


def tables(path):
    with sqlite3.connect("file:%s?mode=ro" % path, uri=True) as db:
        rows = db.execute("SELECT table_name, data_type FROM gpkg_contents ORDER BY 1").fetchall()
        styled = {}
        if db.execute("SELECT 1 FROM sqlite_master WHERE name = 'layer_styles'").fetchone():
            styled = dict(db.execute("SELECT f_table_name, styleQML FROM layer_styles"))
        projects = []
        if db.execute("SELECT 1 FROM sqlite_master WHERE name = 'qgis_projects'").fetchone():
            projects = [r[0] for r in db.execute("SELECT name FROM qgis_projects ORDER BY 1")]
        mode = db.execute("PRAGMA journal_mode").fetchone()[0]
    return [r for r in rows if r[0] not in OWN_TABLES], styled, projects, mode


def check_layers(path):
    rows, styled, projects, mode = tables(path)
    check(mode == "delete", "journal mode is delete (%s)" % mode)
    for name, kind in rows:
        layer = QgsVectorLayer("%s|layername=%s" % (path, name), name, "ogr")
        if not check(layer.isValid(), "%s %s loads" % (kind, name)):
            continue
        for _ in layer.getFeatures():
            break
        if kind == "features":
            check(layer.crs().isValid(), "%s has a CRS (%s)" % (name, layer.crs().authid()
                                                              or layer.crs().description()))
        if name not in styled:
            check(kind != "features", "%s has a default style" % name)
            continue
        message, ok = layer.loadDefaultStyle()
        check(ok, "%s finds its default style %s" % (name, message.strip() if not ok else ""))
        if kind == "features":
            wanted = re.search(r'renderer-v2 type="(\w+)"', styled[name])
            check(wanted and layer.renderer().type() == wanted.group(1),
                  "%s is drawn with %s" % (name, layer.renderer().type()))
            check(layer.labelsEnabled() == ('labelsEnabled="1"' in styled[name]),
                  "%s labels: %s" % (name, layer.labelsEnabled()))
    return projects


def is_words(label):
    return any(c.isalpha() for c in label) and not COLUMN_NAME.match(label)


def check_legend(project):
    root = project.layerTreeRoot()
    model = QgsLayerTreeModel(root)
    for tree_layer in root.findLayers():
        check(is_words(tree_layer.name()), "legend: %s" % tree_layer.name())
        for node in model.layerLegendNodes(tree_layer):
            label = str(node.data(Qt.DisplayRole) or "")
            # the one node of a single symbol and a raster's "Band 1" stand beside the layer's name
            if label:
                check(is_words(label), "legend: %s / %s" % (tree_layer.name(), label))


def draw(project, png):
    """One page: the map at its initial view, and the legend beside it."""
    layout = QgsPrintLayout(project)
    layout.initializeDefaults()
    layout.pageCollection().page(0).setPageSize(QgsLayoutSize(290, 200))
    view = project.viewSettings().defaultViewExtent()
    page_map = QgsLayoutItemMap(layout)
    page_map.attemptSetSceneRect(QRectF(5, 5, 190, 190))
    page_map.setCrs(project.crs())
    page_map.setLayers([t.layer() for t in project.layerTreeRoot().findLayers()
                        if t.isVisible() and t.layer() and t.layer().isSpatial()])
    page_map.zoomToExtent(view if not view.isEmpty() else project.viewSettings().fullExtent())
    layout.addLayoutItem(page_map)
    legend = QgsLayoutItemLegend(layout)
    legend.setTitle(project.title())
    legend.setLinkedMap(page_map)
    legend.attemptMove(QgsLayoutPoint(200, 5))
    layout.addLayoutItem(legend)
    settings = QgsLayoutExporter.ImageExportSettings()
    settings.dpi = 110
    result = QgsLayoutExporter(layout).exportToImage(png, settings)
    check(result == QgsLayoutExporter.Success, "the map is drawn to %s" % png)
    image = QImage(png)
    drawn = image.copy(0, 0, image.width() * 195 // 290, image.height())
    blank = QImage(drawn)
    blank.fill(QColor("white"))
    check(not image.isNull() and drawn != blank, "the map is not blank")


def check_project(path, name, png):
    project = QgsProject.instance()
    if not check(project.read("geopackage:%s?projectName=%s" % (path, name)),
                 "project %s opens %s" % (name, project.error())):
        return
    check(project.crs().isValid(), "project CRS %s" % (project.crs().authid()
                                                       or project.crs().description()))
    check(len(project.mapLayers()) > 0, "%d layers in the project" % len(project.mapLayers()))
    for layer in project.mapLayers().values():
        check(layer.isValid(), "project layer %s is valid" % layer.name())
    check_legend(project)
    draw(project, png)


def main():
    if len(sys.argv) < 3:
        print(__doc__)
        return 2
    path, png = os.path.abspath(sys.argv[1]), sys.argv[2]
    app = QgsApplication([], False)
    app.initQgis()
    try:
        projects = check_layers(path)
        if check(bool(projects), "an embedded project"):
            check_project(path, sys.argv[3] if len(sys.argv) > 3 else projects[0], png)
        QgsProject.instance().clear()
    finally:
        app.exitQgis()
    print("%d failed" % failures if failures else "all checks passed")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
