#!/usr/bin/python3
"""pieces.py FILE LAYER: how many polygons a layer holds and their area in the plane."""
import sys

from osgeo import ogr

ogr.UseExceptions()
dataset = ogr.Open(sys.argv[1])
areas = [f.geometry().GetArea() for f in dataset.GetLayerByName(sys.argv[2]) if f.geometry().GetDimension() == 2]
print("%d pieces, %.3f m2" % (len(areas), sum(areas)))
