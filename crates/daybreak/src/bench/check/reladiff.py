"""Tables of one database beside those of others, by reladiff with its default settings."""

import os
import sys

import reladiff


def segment(database, table):
    columns = ("k", "c", "pad")
    return reladiff.TableSegment(database, ("bench", table), ("id",), extra_columns=columns)


source = reladiff.connect(os.environ["BENCH_SOURCE"])
different = 0
for address in os.environ["BENCH_OTHERS"].split():
    other = reladiff.connect(address)
    for table in sys.argv[1:]:
        for row in reladiff.diff_tables(segment(source, table), segment(other, table)):
            different += 1
sys.exit(f"{different} differences" if different else 0)
