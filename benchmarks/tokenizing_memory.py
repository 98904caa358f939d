"""Peak memory of counting words, learning, and encoding with packing, at 1, 4, 16 times the text.

Each in a process of its own that has the text in files only. Counted is anonymous memory above what
the process held before, looked at every two milliseconds: pages of mapped files can always go.

    python -m benchmarks.tokenizing_memory --documents FILE [--megabytes 5] [--threads 2]
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path

import polars as pl

from benchmarks.tokenizing import Stage, corpus

SIDES = ("counting words", "counting and learning", "encoding and packing")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--documents", type=Path, required=True)
    parser.add_argument("--megabytes", type=float, default=5.0)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--side", choices=SIDES, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.side:
        print(peak_of(args.side, args))
        return
    for side in SIDES:
        peaks = []
        for times in (1, 4, 16):
            command = [sys.executable, "-m", "benchmarks.tokenizing_memory", "--side", side]
            command += ["--megabytes", str(times * args.megabytes), "--threads", str(args.threads)]
            command += ["--documents", str(args.documents)]
            peaks.append(float(subprocess.run(command, capture_output=True, check=True).stdout))
        shown = ", ".join(f"{peak:,.0f}" for peak in peaks)
        print(f"{side}: {shown} MiB at 1, 4 and 16 times {args.megabytes} MB", flush=True)


def peak_of(side: str, args: argparse.Namespace) -> float:
    from assets.tokenizers.bpe import assemble

    texts = corpus(int(args.megabytes * 1e6), args.documents)
    if side == "encoding and packing":
        stage = Stage(texts, assemble([chr(code) for code in range(32, 127)], []).to_str())
        # Compiling and the tables of the tokenizer belong to no size of text.
        Stage(texts[:100], assemble([chr(code) for code in range(32, 127)], []).to_str()).pack()
        del texts
        return peak_during(stage.pack)
    with tempfile.TemporaryDirectory() as folder:
        path, first = Path(folder, "documents.parquet"), Path(folder, "first.parquet")
        pl.DataFrame({"text": texts}).write_parquet(path, row_group_size=4096)
        pl.DataFrame({"text": texts[:100]}).write_parquet(first)
        del texts
        count(first, side, args.threads)
        return peak_during(lambda: count(path, side, args.threads))


def count(path: Path, side: str, threads: int) -> None:
    """Count the words of a file as an artifact does."""
    from assets.tokenizers.learn import learn_merges
    from assets.tokenizers.parts import text_batches
    from assets.tokenizers.words import WordCounter

    with WordCounter(threads=threads) as counter:
        for batch in text_batches(path, ["text"]):
            counter.add(batch["text"])
        counts = counter.result()
    if side == "counting and learning":
        learn_merges(counts, 32768)


def peak_during(run: Callable[[], object]) -> float:
    """Return the most anonymous memory while something runs, in MiB above what was held before."""
    held, peak, done = anonymous_mib(), 0.0, threading.Event()

    def watch() -> None:
        nonlocal peak
        while not done.wait(0.002):
            peak = max(peak, anonymous_mib())

    watcher = threading.Thread(target=watch)
    watcher.start()
    run()
    done.set()
    watcher.join()
    return peak - held


def anonymous_mib() -> float:
    found = re.search(r"RssAnon:\s+(\d+) kB", Path("/proc/self/status").read_text())
    assert found is not None
    return int(found[1]) / 1024


if __name__ == "__main__":
    main()
