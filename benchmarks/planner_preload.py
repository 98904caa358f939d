"""What every rank of benchmarks/planner.py imports, once, in the server they are forked from."""

import benchmarks.planner_rank  # noqa: F401
from training.engine import import_deepspeed

import_deepspeed()
