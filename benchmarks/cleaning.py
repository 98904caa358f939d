"""Cleaning beside datatrove's Gopher quality and repetition filters: speed and decisions.

The corpus is real: PubMed abstracts, Wikipedia articles, ICD-10-CM and HPO terms of the installed
packages, in equal parts by bytes (or --documents, any parquet file with a `text` column). Both
sides judge the same texts from memory on the same one core, a pass of each in turn; the clock is
that of the CPU, because others share the machine. datatrove runs in an environment of its own:

    uv venv peers && uv pip install -p peers/bin/python datatrove==0.10.1 spacy pyarrow

Compared are our rules with the two thresholds in datatrove's reading (READING); what our own
reading changes is printed apart.

    python -m benchmarks.cleaning --peer-python peers/bin/python [--megabytes 4] [--rounds 3]
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl

from assets.corpora.cleaning.gopher import (
    MAX_TOP_NGRAM_CHARS,
    MIN_ALPHABETIC_WORDS,
    QUALITY_RULES,
    REPETITION_RULES,
    top_ngram_rule,
)
from assets.corpora.cleaning.judge import judge_frame
from assets.corpora.cleaning.measures import measure
from assets.corpora.cleaning.rule import Rule, share
from assets.corpora.cleaning.rules import reason_of
from assets.corpora.normalise import normalise
from assets.corpora.readers.catalogue import READERS
from assets.corpora.readers.record import Record
from assets.corpora.snapshot import matches, resolve
from assets.corpora.sources import source

SOURCES = ("pubmed_1976_1980", "pubmed_2020_2021", "wikipedia_gensim106", "icd10cm", "hpo")
OURS: tuple[Rule, ...] = (*QUALITY_RULES, *REPETITION_RULES)


def _in_their_reading(rule: Rule) -> Rule:
    """Marks count as words without a letter; one occurrence makes a top n-gram."""
    if rule.name == "too_few_alphabetic_words":
        return replace(rule, fails=share("alphabetic", "tokens") < MIN_ALPHABETIC_WORDS)
    return rule


READING: tuple[Rule, ...] = (
    *(_in_their_reading(rule) for rule in QUALITY_RULES),
    *(rule for rule in REPETITION_RULES if rule.name != "frequent_phrase"),
    *(top_ngram_rule(n, 1) for n in MAX_TOP_NGRAM_CHARS),
)


def gopher(texts: pl.Series, rules: tuple[Rule, ...]) -> pl.Series:
    """Return the reason of each text, empty where it is kept."""
    kinds = pl.repeat("prose", len(texts), eager=True)
    frame = pl.DataFrame({"text": texts, "kind": kinds}).with_columns(
        page=pl.lit(value=False), language=pl.lit("en")
    )
    return frame.hstack(measure(texts, kinds)).select(reason_of(rules)).to_series()


def whole(texts: pl.Series) -> pl.Series:
    """Run the whole step: language, boilerplate, all rules."""
    frame = pl.DataFrame({"text": texts}).with_columns(kind=pl.lit("prose"), language=pl.lit("en"))
    return judge_frame(frame, allowed_language="en")["reason"]


def corpus(num_bytes: int, documents: Path | None) -> pl.DataFrame:
    """Return source and text, an equal share of the bytes from each source."""
    if documents is not None:
        frame = pl.read_parquet(documents, columns=["text"]).with_columns(source=pl.lit("given"))
        frame = frame.filter(pl.col("text") != "")
        return frame.filter(pl.col("text").str.len_bytes().cum_sum() <= num_bytes)
    parts = []
    for name in SOURCES:
        entry = source(name)
        texts = [
            normalise(record.text, keep_layout=False)
            for file, path in resolve(entry, Path()).paths.items()
            if matches(file, entry.files)
            for record in READERS[entry.reader](path, file)
            if isinstance(record, Record) and record.text
        ]
        part = pl.DataFrame({"source": name, "text": texts}).sample(
            fraction=1, shuffle=True, seed=1
        )
        limit = num_bytes / len(SOURCES)
        parts.append(part.filter(pl.col("text").str.len_bytes().cum_sum() <= limit))
    return pl.concat(parts)


class Peer:
    """datatrove in a process of its own."""

    def __init__(self, python: Path, file: Path) -> None:
        script = Path(__file__).with_name("cleaning_peer.py")
        self._process = subprocess.Popen(
            [python, script, file], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self._answer()

    def judge(self) -> dict[str, Any]:
        """Run one pass."""
        assert self._process.stdin is not None
        self._process.stdin.write("\n")
        self._process.stdin.flush()
        return self._answer()

    def close(self) -> None:
        """End the process."""
        self._process.communicate()

    def _answer(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise SystemExit("datatrove's process ended: see its message above")
        answer: dict[str, Any] = json.loads(line)
        return answer


def timed(work: Callable[[], pl.Series]) -> tuple[float, pl.Series]:
    started = time.process_time()
    result = work()
    return time.process_time() - started, result


def speeds(name: str, megabytes: float, seconds: list[float]) -> None:
    found = sorted(megabytes / taken for taken in seconds)
    print(
        f"{name:>34}: {statistics.median(found):7.2f} MB/s "
        f"(min {found[0]:.2f}, max {found[-1]:.2f})"
    )


def compare(title: str, frame: pl.DataFrame, ours: pl.Series) -> None:
    """Print how often both keep or both drop, and by which reasons they differ."""
    frame = frame.with_columns(ours.alias("ours"))
    same = (pl.col("ours") == "") == (pl.col("theirs") == "")
    by_source = frame.group_by("source").agg(pl.len(), same.mean()).sort("source")
    print(f"\n{title}: same decision on {frame.select(same.mean()).item():.4%} of documents")
    for name, count, part in by_source.iter_rows():
        print(f"  {name:>22} {count:6,}  {part:.4%}")
    differing = frame.filter(~same).group_by("theirs", "ours").len()
    for theirs, mine, count in differing.sort("len", descending=True).iter_rows():
        print(f"  {count:6,} theirs: {theirs or 'kept':<30} ours: {mine or 'kept'}")


def run(args: argparse.Namespace) -> None:
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    frame = corpus(int(args.megabytes * 1e6), args.documents)
    texts = frame["text"]
    megabytes = texts.str.len_bytes().sum() / 1e6
    print(f"{len(texts):,} documents, {megabytes:.1f} MB, one core")
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "documents.parquet"
        frame.write_parquet(file)
        peer = Peer(args.peer_python, file) if args.peer_python else None
        gopher(texts, READING)  # compiles
        whole(texts)
        mine: list[float] = []
        all_rules: list[float] = []
        answers = []
        for _ in range(args.rounds):
            seconds, reasons = timed(lambda: gopher(texts, READING))
            mine.append(seconds)
            all_rules.append(timed(lambda: whole(texts))[0])
            if peer is not None:
                answers.append(peer.judge())
        if peer is not None:
            peer.close()
    speeds("Gopher quality and repetition", megabytes, mine)
    speeds("all of cleaning, with language", megabytes, all_rules)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3
    print(f"{'peak memory':>34}: {peak:.0f} MB, the corpus among it")
    if not answers:
        print("datatrove was not run: give --peer-python (see --help for how to install it)")
        return
    report(frame, megabytes, mine, reasons, answers)


def report(
    frame: pl.DataFrame,
    megabytes: float,
    mine: list[float],
    reasons: pl.Series,
    answers: list[dict[str, Any]],
) -> None:
    """Print their speed beside ours, and where decisions differ."""
    theirs = [answer["seconds"] for answer in answers]
    speeds("datatrove", megabytes, theirs)
    print(f"{'its peak memory':>34}: {answers[-1]['peak_mb']:.0f} MB")
    ratios = [slow / fast for slow, fast in zip(theirs, mine, strict=True)]
    print(
        f"{'datatrove takes':>34}: {statistics.median(ratios):.0f} times our time "
        f"(min {min(ratios):.0f}, max {max(ratios):.0f})"
    )
    frame = frame.with_columns(pl.Series("theirs", answers[0]["verdicts"]))
    compare("in datatrove's reading of the thresholds", frame, reasons)
    compare("in our reading", frame, gopher(frame["text"], OURS))


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--megabytes", type=float, default=4.0)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--documents", type=Path)
    parser.add_argument("--peer-python", type=Path)
    run(parser.parse_args())


if __name__ == "__main__":
    main()
