"""What holds for every test: no test fails because the machine was busy; imports are kept.

To collect is to import: a million objects, hardly one of them garbage. Looking for garbage among
them takes a fifth of the collection, and then a part of every test; so it begins after them.
"""

from __future__ import annotations

import gc

from hypothesis import settings

settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")

gc.disable()


def pytest_collection_finish() -> None:
    gc.freeze()
    gc.enable()
