# spatstat.R POINTS WEST NORTH CELL N RADIUS OUTPUT: density.ppp on N x N cells without edge correction; a quartic of
# that support has a standard deviation of RADIUS / sqrt(8) along each axis. Prints wall and processor seconds of the
# density alone; writes OUTPUT.bin with its header.
a <- commandArgs(TRUE)
suppressMessages({library(sf); library(spatstat.geom); library(spatstat.explore)})
xy <- st_coordinates(st_read(a[1], quiet = TRUE))
west <- as.numeric(a[2]); north <- as.numeric(a[3]); cell <- as.numeric(a[4]); n <- as.integer(a[5])
window <- owin(c(west, west + cell * n), c(north - cell * n, north))
points <- ppp(xy[, 1], xy[, 2], window = window, check = FALSE)
t <- proc.time()
d <- density(points, sigma = as.numeric(a[6]) / sqrt(8), kernel = "quartic", edge = FALSE, dimyx = c(n, n))
s <- proc.time() - t
cat(s[["elapsed"]], s[["user.self"]] + s[["sys.self"]], "\n")
out <- file(paste0(a[7], ".bin"), "wb")
writeBin(as.vector(t(d$v[n:1, ])), out, size = 8)
close(out)
writeLines(c("ENVI", paste("samples =", n), paste("lines =", n), "bands = 1", "data type = 5", "interleave = bsq",
             "byte order = 0",
             sprintf("map info = {Arbitrary, 1, 1, %.6f, %.6f, %.6f, %.6f}", west, north, cell, cell)),
           paste0(a[7], ".hdr"))
