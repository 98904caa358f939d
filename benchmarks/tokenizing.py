"""Tokenizer training, encoding, and encoding with packing and indexing, beside `tokenizers`.

Both sides have the same text, cut rule, vocabulary size and cores, and run interleaved in one run,
because the speed of a shared machine drifts: the result is the ratio, by the wall and by the CPU
clock. The merges learned and the ids of the whole corpus are asserted to be equal. Each round of
ours begins with a tokenizer that has seen no word. Packing is the whole artifact: Parquet is read,
every document's round trip is checked, samples, segments and the index are written and hashed; it
is compared with `encode_batch` alone on texts in memory. The text is real (tokenizing_corpus.py);
--write keeps it in a file for --documents, because reading it takes a minute.

    python -m benchmarks.tokenizing [--megabytes 64] [--rounds 5] [--pieces 32768] [--threads 2]
        [--documents FILE] [--only training|encoding]
    python -m benchmarks.tokenizing --write FILE
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from benchmarks.tokenizing_corpus import real_documents


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--megabytes", type=float, default=64.0)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--pieces", type=int, default=32768)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--documents", type=Path)
    parser.add_argument("--write", type=Path)
    parser.add_argument("--only", choices=("training", "encoding"))
    args = parser.parse_args()
    os.environ["RAYON_NUM_THREADS"] = str(args.threads)
    if args.write:
        real_documents().write_parquet(args.write, row_group_size=4096)
        return
    texts = corpus(int(args.megabytes * 1e6), args.documents)
    size = texts.str.len_bytes().sum() / 1e6
    print(f"{len(texts):,} documents, {size:.1f} MB, {args.threads} threads")
    if args.only != "encoding":
        compare("training", trainers(texts, args), args.rounds, size)
    if args.only != "training":
        compare("encoding", encoders(texts, args), args.rounds, size)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"peak of this process, the text and the peers among it: {peak:,.0f} MiB")


@dataclass(frozen=True, kw_only=True)
class Side:
    run: Callable[[], object]
    before: Callable[[], object] = lambda: None
    """What is not measured."""


Check = Callable[[dict[str, object]], None]


def compare(name: str, sides: tuple[dict[str, Side], Check], rounds: int, megabytes: float) -> None:
    """Run the sides in turn, check their results once, print speeds and ratios to the last."""
    runs, check = sides
    # Compiling: the first round is not measured.
    found: dict[str, object] = {}
    for side, each in runs.items():
        each.before()
        found[side] = each.run()
    check(found)
    del found
    taken: dict[str, list[tuple[float, float]]] = {side: [] for side in runs}
    for _ in range(rounds):
        for side, each in runs.items():
            each.before()
            wall, cpu = time.perf_counter(), time.process_time()
            each.run()
            taken[side].append((time.perf_counter() - wall, time.process_time() - cpu))
    *ours, peer = runs
    for clock, title in enumerate(("wall", "CPU")):
        theirs = [each[clock] for each in taken[peer]]
        print(f"{name}, {title} clock: {peer} {megabytes / statistics.median(theirs):.1f} MB/s")
        for side in ours:
            seconds = [each[clock] for each in taken[side]]
            ratios = [a / b for a, b in zip(theirs, seconds, strict=True)]
            print(
                f"  {side}: {megabytes / statistics.median(seconds):.1f} MB/s, "
                f"{statistics.median(ratios):.1f} times ({min(ratios):.1f} to {max(ratios):.1f})"
            )


def trainers(texts: pl.Series, args: argparse.Namespace) -> tuple[dict[str, Side], Check]:
    from assets.tokenizers.learn import learn_merges
    from assets.tokenizers.words import count_words_of

    column = texts.to_list()
    num_characters = len(set().union(*map(set, column)))

    def check(found: dict[str, object]) -> None:
        assert found["ours"] == found["tokenizers"], "the merges differ"

    return {
        "ours": Side(run=lambda: learn_merges(count_words_of(texts, args.threads), args.pieces)),
        "tokenizers": Side(run=lambda: reference_merges(column, num_characters + args.pieces)),
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


def encoders(texts: pl.Series, args: argparse.Namespace) -> tuple[dict[str, Side], Check]:
    import numpy as np
    from tokenizers import Tokenizer as Backend

    from model.tokenizer import Tokenizer

    content = vocabulary(texts, args)
    bare = Backend.from_str(content)
    bare.encode_special_tokens = True
    column = texts.to_list()
    stage = Stage(texts, content)

    def fresh() -> None:
        stage.tokenizer = Tokenizer(Backend.from_str(content))
        stage.tokenizer.prepare()

    def encode() -> object:
        return stage.tokenizer.encode_into(texts, threads=args.threads)

    def check(found: dict[str, object]) -> None:
        ids, bounds = stage.tokenizer.encode_into(texts, threads=args.threads)
        encodings = found["tokenizers encode_batch"]
        assert isinstance(encodings, list)
        theirs = np.concatenate([np.array(each.ids, dtype=np.uint32) for each in encodings])
        assert np.array_equal(ids, theirs), "the ids differ"
        assert np.diff(bounds).tolist() == [len(each.ids) for each in encodings]

    return {
        "encoding": Side(before=fresh, run=encode),
        "encoding, round trip, packing and index": Side(before=stage.forget, run=stage.pack),
        "tokenizers encode_batch": Side(
            run=lambda: bare.encode_batch(column, add_special_tokens=False)
        ),
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
        from tokenizers import Tokenizer as Backend

        from assets.fakes import FakeLake, commit_folder
        from model.tokenizer import Tokenizer

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
        self.tokenizer = Tokenizer(Backend.from_str(content))

    def forget(self) -> None:
        """Load the tokenizer anew, which has seen no word then."""
        from assets.tokenizers import parts

        parts._loaded.cache_clear()
        manifest = self._inputs[1]
        stored = self._lake.stored(manifest, manifest.file("tokenizer.json"))
        parts.load_tokenizer(stored).prepare()

    def pack(self) -> object:
        """Make the artifact once more, as a fresh attempt would, and hash it as a commit does."""
        from assets.fakes import fake_workspace
        from assets.lineage.build import hash_files
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
            make_shards(ws)
            return hash_files(ws.out_dir, ws.published)


def _parquet(frame: pl.DataFrame) -> bytes:
    with tempfile.NamedTemporaryFile(suffix=".parquet") as file:
        frame.write_parquet(file.name, compression="zstd", row_group_size=4096)
        return Path(file.name).read_bytes()


def corpus(num_bytes: int, documents: Path | None) -> pl.Series:
    """Return texts of a Parquet file, or of the installed sources."""
    frame = pl.read_parquet(documents, columns=["text"]) if documents else real_documents()
    texts = frame["text"]
    return texts.filter(texts.str.len_bytes().cast(pl.Int64).cum_sum() <= num_bytes).rechunk()


if __name__ == "__main__":
    main()
