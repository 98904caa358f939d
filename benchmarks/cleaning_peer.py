"""datatrove's Gopher filters over a parquet file, run by benchmarks/cleaning.py in their own venv.

Prints one JSON line when ready, then one per line read from standard input: the CPU seconds of a
whole pass, the peak memory, and in the first answer the verdict on each document.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from collections.abc import Callable
from typing import Any

import pyarrow.parquet as pq
from datatrove.data import Document  # type: ignore[import-not-found]
from datatrove.pipeline.filters.gopher_quality_filter import (  # type: ignore[import-not-found]
    GopherQualityFilter,
)
from datatrove.pipeline.filters.gopher_repetition_filter import (  # type: ignore[import-not-found]
    GopherRepetitionFilter,
)


def verdict(text: str, filters: list[Callable[[Any], Any]]) -> str:
    """Return the first reason of the filters, empty if all keep the document.

    Both filters always run: a time must not depend on what the other one says. They share one
    tokenization of the document by datatrove's own cache.
    """
    document = Document(text=text, id="")
    said = [check(document) for check in filters]
    return next((str(answer[1]) for answer in said if answer is not True), "")


def main() -> None:
    texts = pq.read_table(sys.argv[1])["text"].to_pylist()
    filters = [GopherQualityFilter().filter, GopherRepetitionFilter().filter]
    for text in texts[:20]:
        verdict(text, filters)  # loads spaCy
    print(json.dumps({"ready": True}), flush=True)
    verdicts: list[str] = []
    for _ in sys.stdin:
        started = time.process_time()
        found = [verdict(text, filters) for text in texts]
        seconds = time.process_time() - started
        answer: dict[str, Any] = {
            "seconds": seconds,
            "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3,
        }
        if not verdicts:
            verdicts = answer["verdicts"] = found
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
