#!/usr/bin/env python3
"""measure.py COMMAND...: runs a command with its output thrown away; prints wall seconds, processor seconds and
peak memory in MiB (of the largest process) on one line; fails as the command does."""
import os
import resource
import subprocess
import sys
import time

start = time.monotonic()
p = subprocess.run(sys.argv[1:], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                   env={**os.environ, "QT_QPA_PLATFORM": "offscreen",
                        "PATH": "/usr/bin:/bin:" + os.environ["PATH"]})  # QGIS starts the Python it finds first
seconds = time.monotonic() - start
if p.returncode:
    sys.stderr.buffer.write(p.stderr[-2000:])
    sys.exit("%s: exit code %d" % (sys.argv[1], p.returncode))
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print("%.3f %.3f %.0f" % (seconds, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024))
