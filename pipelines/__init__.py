"""What runs, and in what order: all that knows Dagster, DuckDB or Great Expectations."""

import os

# The models solve small systems by the ten thousand: threads within one of them cost more than they give, and
# on a busy machine five times as much. It must be said before numpy is imported; whoever sets it is heard.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
