"""Tokenizer training, encoding, and encoding with packing and indexing, beside `tokenizers`.

Both sides have the same text, cut rule, vocabulary size and cores, and run interleaved in one run,
because the speed of a shared machine drifts: the result is the ratio. The merges learned and the
ids of the whole corpus are asserted to be equal. Packing is the whole artifact: Parquet is read,
every document's round trip is checked, samples, segments and the index are written and hashed; it
is compared with `encode_batch` alone on texts in memory.

    python -m benchmarks.tokenizing [--megabytes 8] [--rounds 3] [--pieces 32768] [--threads 2]
        [--documents FILE] [--clock wall|cpu] [--only training|encoding]
    python -m benchmarks.tokenizing --memory [--megabytes 4] [--documents FILE]
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import sysconfig
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import polars as pl


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--megabytes", type=float, default=8.0)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--pieces", type=int, default=32768)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--documents", type=Path)
    parser.add_argument("--clock", choices=("wall", "cpu"), default="wall")
    parser.add_argument("--only", choices=("training", "encoding"))
    parser.add_argument("--memory", action="store_true")
    parser.add_argument("--peak", help=argparse.SUPPRESS)
    args = parser.parse_args()
    os.environ["RAYON_NUM_THREADS"] = str(args.threads)
    if args.memory:
        show_memory(args)
        return
    texts = corpus(int(args.megabytes * 1e6), args.documents)
    clock = time.perf_counter if args.clock == "wall" else time.process_time
    if args.peak:
        print(peak_of(args.peak, texts, args))
        return
    size = texts.str.len_bytes().sum() / 1e6
    print(f"{len(texts):,} documents, {size:.1f} MB, {args.threads} threads, {args.clock} clock")
    if args.only != "encoding":
        compare("training", trainers(texts, args), args.rounds, size, clock)
    if args.only != "training":
        compare("encoding", encoders(texts, args), args.rounds, size, clock)
    print(f"peak of this process {_peak_mib():,.0f} MiB")


Side = Callable[[], object]


def compare(
    name: str,
    sides: tuple[dict[str, Side], Callable[[dict[str, object]], None]],
    rounds: int,
    megabytes: float,
    clock: Callable[[], float],
) -> None:
    """Run the sides in turn, check their results once, print speeds and ratios to the last."""
    runs, check = sides
    # Compiling and caches: the first round is not measured.
    check({side: run() for side, run in runs.items()})
    seconds: dict[str, list[float]] = {side: [] for side in runs}
    for _ in range(rounds):
        for side, run in runs.items():
            started = clock()
            run()
            seconds[side].append(clock() - started)
    *ours, peer = runs
    print(f"{name}: {peer} {megabytes / statistics.median(seconds[peer]):.1f} MB/s")
    for side in ours:
        ratios = [a / b for a, b in zip(seconds[peer], seconds[side], strict=True)]
        print(
            f"  {side}: {megabytes / statistics.median(seconds[side]):.1f} MB/s, "
            f"{statistics.median(ratios):.1f} times ({min(ratios):.1f} to {max(ratios):.1f})"
        )


def trainers(
    texts: pl.Series, args: argparse.Namespace
) -> tuple[dict[str, Side], Callable[[dict[str, object]], None]]:
    from assets.tokenizers.learn import learn_merges
    from assets.tokenizers.words import count_words_of

    column = texts.to_list()
    num_characters = len(set().union(*map(set, column)))

    def check(found: dict[str, object]) -> None:
        assert found["ours"] == found["tokenizers"], "the merges differ"

    return {
        "ours": lambda: learn_merges(count_words_of(texts, args.threads), args.pieces),
        "tokenizers": lambda: reference_merges(column, num_characters + args.pieces),
    }, check


def reference_merges(texts: list[str], vocab_size: int) -> tuple[tuple[str, str], ...]:
    from tokenizers import Regex, Tokenizer, models, pre_tokenizers, trainers

    from assets.tokenizers.learn import MAX_PIECE_CHARS, MIN_PAIR_COUNT
    from model.cuts import CUT_PATTERN

    backend = Tokenizer(models.BPE())
    backend.pre_tokenizer = pre_tokenizers.Split(Regex(CUT_PATTERN), behavior="isolated")
    trainer = trainers.BpeTrainer(
        vocab_size=vocab_size,
        min_frequency=MIN_PAIR_COUNT,
        max_token_length=MAX_PIECE_CHARS,
        special_tokens=[],
        show_progress=False,
    )
    backend.train_from_iterator(texts, trainer=trainer, length=len(texts))
    merges = json.loads(backend.to_str())["model"]["merges"]
    return tuple((first, second) for first, second in merges)


def encoders(
    texts: pl.Series, args: argparse.Namespace
) -> tuple[dict[str, Side], Callable[[dict[str, object]], None]]:
    import numpy as np
    from tokenizers import Tokenizer as Backend

    from model.tokenizer import Tokenizer

    content = vocabulary(texts, args)
    tokenizer = Tokenizer(Backend.from_str(content))
    bare = Backend.from_str(content)
    bare.encode_special_tokens = True
    column = texts.to_list()
    stage = Stage(texts, content)

    def check(found: dict[str, object]) -> None:
        ids, bounds = tokenizer.encode_into(texts, threads=args.threads)
        encodings = found["tokenizers encode_batch"]
        assert isinstance(encodings, list)
        theirs = np.concatenate([np.array(each.ids, dtype=np.uint32) for each in encodings])
        assert np.array_equal(ids, theirs), "the ids differ"
        assert np.diff(bounds).tolist() == [len(each.ids) for each in encodings]

    return {
        "encoding": lambda: tokenizer.encode_into(texts, threads=args.threads),
        "encoding, round trip, packing and index": stage.pack,
        "tokenizers encode_batch": lambda: bare.encode_batch(column, add_special_tokens=False),
    }, check


def vocabulary(texts: pl.Series, args: argparse.Namespace) -> str:
    """Train on the corpus itself and return the tokenizer.json."""
    from assets.tokenizers.bpe import CHARACTER_COVERAGE, alphabet_from, assemble, merge_vocabulary
    from assets.tokenizers.learn import learn_merges
    from assets.tokenizers.words import count_words_of
    from model.tokenizer import NUM_BYTES, NUM_SPECIAL

    counts = count_words_of(texts, args.threads)
    alphabet = alphabet_from(counts.char_counts, CHARACTER_COVERAGE)
    merged = merge_vocabulary(
        [first + second for first, second in learn_merges(counts, args.pieces)],
        (),
        alphabet=alphabet,
        vocab_size=NUM_SPECIAL + NUM_BYTES + len(alphabet) + args.pieces,
        general_share=1.0,
        allow_fewer=True,
    )
    return str(assemble(alphabet, merged.merges).to_str())


class Stage:
    """The inputs of a shards artifact of 8,192-token samples, in a lake on disk."""

    def __init__(self, texts: pl.Series, content: str) -> None:
        from assets.fakes import FakeLake, commit_folder

        self._folder = tempfile.TemporaryDirectory(prefix="materia-bench-")
        self._lake = FakeLake(Path(self._folder.name, "lake"))
        names = pl.Series("doc_id", [f"{number:032x}" for number in range(len(texts))])
        documents = pl.DataFrame({"doc_id": names, "text": texts})
        chosen = pl.DataFrame({"doc_id": names}).with_columns(pl.lit(1).alias("repeats"))
        files = {
            "mixtures/decontaminated": {"documents.parquet": _parquet(documents)},
            "tokenizers/tokenizer": {"tokenizer.json": content.encode()},
            "mixtures/stage1": {"selection.parquet": _parquet(chosen)},
        }
        self._inputs = [commit_folder(self._lake, node, held) for node, held in files.items()]

    def pack(self) -> object:
        """Make the artifact once more, as a fresh attempt would."""
        from assets.fakes import fake_workspace
        from assets.lineage.step import Step
        from assets.tokenizers.shards import make_shards

        step = Step(
            family="tokenizers",
            name="shards_stage1",
            partition="benchmark",
            code_version="1",
            config={"context_tokens": 8192, "seed": 1},
        )
        with tempfile.TemporaryDirectory(dir=self._folder.name) as folder:
            ws = fake_workspace(Path(folder), step, tuple(self._inputs), lake=self._lake)
            return make_shards(ws)


def _parquet(frame: pl.DataFrame) -> bytes:
    with tempfile.NamedTemporaryFile(suffix=".parquet") as file:
        frame.write_parquet(file.name, compression="zstd", row_group_size=4096)
        return Path(file.name).read_bytes()


def show_memory(args: argparse.Namespace) -> None:
    """Print the peak memory of each side at one, four and sixteen times the text."""
    for side in ("counting words", "encoding and packing"):
        peaks = []
        for times in (1, 4, 16):
            command = [sys.executable, "-m", "benchmarks.tokenizing", "--peak", side]
            command += ["--megabytes", str(times * args.megabytes)]
            command += ["--documents", str(args.documents)] if args.documents else []
            peaks.append(float(subprocess.run(command, capture_output=True, check=True).stdout))
        shown = ", ".join(f"{peak:,.0f}" for peak in peaks)
        print(f"{side}: {shown} MiB at 1, 4 and 16 times {args.megabytes} MB")


def peak_of(side: str, texts: pl.Series, args: argparse.Namespace) -> float:
    """Run one side from a file, as an artifact does, and return the peak above what was held."""
    from assets.tokenizers.bpe import assemble
    from assets.tokenizers.parts import text_batches
    from assets.tokenizers.words import WordCounter

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "documents.parquet")
        # Row groups of some 10 MB, as the lake's tables have.
        pl.DataFrame({"text": texts}).write_parquet(path, row_group_size=4096)
        held = _peak_mib()
        if side == "counting words":
            with WordCounter(threads=args.threads) as counter:
                for batch in text_batches(path, ["text"]):
                    counter.add(batch["text"])
                counter.result()
        else:
            Stage(texts, assemble([chr(code) for code in range(32, 127)], []).to_str()).pack()
    return _peak_mib() - held


def _peak_mib() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def corpus(num_bytes: int, documents: Path | None) -> pl.Series:
    """Return texts of a Parquet file, or the text files of the installed packages."""
    if documents is None:
        texts = pl.Series("text", installed_files(num_bytes))
    else:
        texts = pl.scan_parquet(documents).select("text").collect()["text"]
    return texts.filter(texts.str.len_bytes().cast(pl.Int64).cum_sum() <= num_bytes).rechunk()


def installed_files(num_bytes: int) -> list[str]:
    folder = Path(sysconfig.get_path("purelib"))
    found: list[str] = []
    taken = 0
    for file in sorted(folder.rglob("*")):
        if file.suffix not in {".py", ".md", ".rst", ".txt"} or taken > num_bytes:
            continue
        try:
            found.append(file.read_text("utf-8"))
        except (UnicodeDecodeError, OSError):
            continue
        taken += len(found[-1])
    return found


if __name__ == "__main__":
    main()
