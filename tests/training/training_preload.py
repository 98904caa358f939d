"""Imported once by the fork server of training_jobs.py, so that a test job starts at once."""

from __future__ import annotations

import gc
import importlib

import training.trainer  # noqa: F401
from training.engine import import_deepspeed

import_deepspeed()
# What torch and DeepSpeed would only import when the first optimizer is made.
for _name in (
    "torch._dynamo",
    "deepspeed.runtime.zero.muon.muon_optimizer",
    "deepspeed.module_inject.auto_ep_layer",
    "numpy.ctypeslib",
):
    importlib.import_module(_name)
# What a forked job only reads stays shared with the server: its collector leaves it alone.
gc.collect()
gc.freeze()
