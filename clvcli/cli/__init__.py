"""The command line: what is typed becomes a request, a report becomes bytes on a stream."""

import gc

_FEW_COLLECTIONS = 400_000
"""Objects between two rounds of Python's collector: at the default of 700 it takes a tenth of a short run, most of it while modules load."""

gc.set_threshold(_FEW_COLLECTIONS)
