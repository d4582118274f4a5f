# intersection.R PATCHES.gpkg PARCELS.gpkg OUT.gpkg: what R's sf needs for the pieces, file to file.
suppressPackageStartupMessages(library(sf))
files <- commandArgs(TRUE)
patches <- st_set_agr(st_read(files[1], quiet = TRUE), "constant")
parcels <- st_set_agr(st_read(files[2], quiet = TRUE), "constant")
pieces <- st_intersection(patches, parcels)
st_write(pieces, files[3], layer = "pieces", quiet = TRUE, delete_dsn = TRUE)
