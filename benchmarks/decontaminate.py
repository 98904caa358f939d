"""Decontamination beside datatrove's: speed on one core, planted traces found, memory by size.

Documents are a parquet file or folder with a `text` column (--documents), or text of the installed
packages; items are all benchmarks of the catalogue. Planted: whole items, items in capitals
without punctuation, and thirteen words of an item, each into a document of its own. datatrove's
n-gram filter (0.10.1, its default tokenizer) runs in the interpreter of another environment
(`pip install "datatrove[processing]" spacy xxhash==3.5.0`), interleaved; its index holds
--peer-items items only, since building it takes longer than filtering.

    python -m benchmarks.decontaminate [--documents PATH] [--peer PYTHON] [--rounds 3] [--memory]
"""

from __future__ import annotations

import argparse
import json
import random
import re
import resource
import statistics
import subprocess
import sys
import sysconfig
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import polars as pl

from assets.corpora.benchmarks import BENCHMARKS, benchmark_package, make_benchmarks
from assets.fakes import FakeLake, commit_folder, fake_workspace
from assets.lineage.step import Step
from assets.mixtures.contamination import ItemIndex
from assets.mixtures.decontaminate import make_decontaminated
from assets.mixtures.words import batches, words_of
from assets.recipes.data import BenchmarkCap, ContaminationCaps

NGRAM_WORDS = 13
PLANTED = 300
"""Documents per kind of trace."""
CAPS = ContaminationCaps(
    caps=(
        BenchmarkCap(
            benchmark="",
            max_items_per_ngram=10,
            max_documents_per_ngram=1000,
            alarm_removed_share=1.0,
            max_removed_share=1.0,
            min_removed_documents=0,
        ),
    )
)
PEER = """
import json, sys, time
from datatrove.data import Document
from datatrove.pipeline.decont.n_grams import NGramsDecontConfig, NGramsDecontFilter
from datatrove.utils.text import ngrams, simplify_text
folder, words = sys.argv[1], int(sys.argv[2])
step = NGramsDecontFilter(folder, NGramsDecontConfig(n_grams=words))
def keys(text):
    tokens = step.tokenizer.word_tokenize(simplify_text(text, step.config.norm_config))
    return [step.hash_func(" ".join(gram)) for gram in ngrams(tokens, words)]
items = json.load(open(folder + "/items.json"))
step._index_hashes = {key: "items" for item in items for key in keys(item)}
texts = json.load(open(folder + "/texts.json"))
print("ready", flush=True)
for line in sys.stdin:
    started = time.process_time()
    kept = [step.filter(Document(text=text, id=str(n))) is True for n, text in enumerate(texts)]
    print(json.dumps([time.process_time() - started, sum(kept)]), flush=True)
"""


def benchmark_items(folder: Path) -> pl.DataFrame:
    config = {"benchmarks": sorted(BENCHMARKS), "package": benchmark_package()}
    step = Step(family="corpora", name="benchmarks", partition="", code_version="1", config=config)
    ws = fake_workspace(folder, step)
    make_benchmarks(ws)
    return pl.read_parquet(ws.out_dir / "items.parquet").sort("benchmark", "item_id")


def installed_text(num_bytes: int) -> list[str]:
    """Return text files of the installed packages, in a fixed random order."""
    folder = Path(sysconfig.get_path("purelib"))
    files = [path for path in sorted(folder.rglob("*")) if path.suffix in {".md", ".rst", ".txt"}]
    random.Random(1).shuffle(files)
    texts: list[str] = []
    taken = 0
    for file in files:
        text = file.read_text("utf-8", errors="replace")
        if taken < num_bytes and len(text) > 500:
            texts.append(text)
            taken += len(text.encode())
    return texts


def planted(texts: Sequence[str], items: pl.DataFrame) -> list[tuple[str, str]]:
    """Return (kind, text): all texts as "clean", then copies of some with a trace in the middle."""
    rng = random.Random(1)
    long = items.filter(pl.col("text").str.split(" ").list.len() >= 2 * NGRAM_WORDS)
    chosen = long.sample(3 * PLANTED, seed=2)["text"].to_list()
    rows = [("clean", text) for text in texts]
    for number, item in enumerate(chosen):
        words = re.findall(r"\w+", item)
        start = rng.randrange(len(words) - NGRAM_WORDS + 1)
        kind, trace = (
            ("exact", item),
            ("normalised", " ".join(words).upper()),
            ("ngram", " ".join(words[start : start + NGRAM_WORDS])),
        )[number // PLANTED]
        host = rng.choice(texts)
        rows.append((kind, f"{host[: len(host) // 2]} . {trace} . {host[len(host) // 2 :]}"))
    return rows


def found_by_rule(rows: Sequence[tuple[str, str]], index: ItemIndex) -> str:
    kinds = pl.Series([kind for kind, _ in rows])
    shared = index.scan(pl.Series([text for _, text in rows]))
    evidence = shared.ngrams.join(index.pairs, on="slot", how="semi")["row"].unique()
    whole = shared.wholes["row"].unique()
    hit = pl.concat([evidence, whole]).unique()
    clean = kinds.gather(hit).eq("clean").sum()
    said = [
        f"{kind} {kinds.gather(where).eq(kind).sum()} of {PLANTED}"
        for kind, where in (("exact", whole), ("normalised", whole), ("ngram", hit))
    ]
    return f"planted and found: {', '.join(said)}; {clean} of the documents without a plant"


def speed(texts: list[str], items: pl.DataFrame, args: argparse.Namespace, folder: Path) -> None:
    column = pl.Series(texts)
    megabytes = int(column.str.len_bytes().sum()) / 1e6
    started = time.process_time()
    index = ItemIndex(items.select("benchmark", "item_id", "text"), NGRAM_WORDS, CAPS)
    print(f"index of {items.height:,} items: {time.process_time() - started:.1f} s")
    print(found_by_rule(planted(texts, items), index))
    peer = _start_peer(texts, items, args, folder) if args.peer else None
    ours, cutting, theirs = [], [], []
    for _ in range(args.rounds):
        started = time.process_time()
        index.scan(column)
        ours.append(time.process_time() - started)
        started = time.process_time()
        for _, batch in batches(column):
            words_of(batch)
        cutting.append(time.process_time() - started)
        if peer and peer.stdin and peer.stdout:
            peer.stdin.write("go\n")
            peer.stdin.flush()
            theirs.append(json.loads(peer.stdout.readline())[0])
    if peer and peer.stdin:
        peer.stdin.close()
        peer.wait()
    spent = statistics.median(ours)
    print(f"{len(texts):,} documents, {megabytes:.1f} MB, one core")
    share = statistics.median(cutting) / spent
    print(f"materia {megabytes / spent:.1f} MB/s, of it cutting words {share:.0%}")
    if theirs:
        ratios = [their / our for their, our in zip(theirs, ours, strict=True)]
        print(
            f"datatrove {megabytes / statistics.median(theirs):.2f} MB/s; its time over ours "
            f"{statistics.median(ratios):.0f} (min {min(ratios):.0f}, max {max(ratios):.0f})"
        )


def _start_peer(
    texts: list[str], items: pl.DataFrame, args: argparse.Namespace, folder: Path
) -> subprocess.Popen[str]:
    sample = items.sample(args.peer_items, seed=3)["text"].to_list()
    (folder / "items.json").write_text(json.dumps(sample))
    (folder / "texts.json").write_text(json.dumps(texts))
    peer = subprocess.Popen(
        [args.peer, "-c", PEER, str(folder), str(NGRAM_WORDS)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert peer.stdout and peer.stdout.readline() == "ready\n", "the peer did not start"
    return peer


def peak_memory(texts: list[str], items: Path, times: int) -> None:
    """Run the whole node on `times` the corpus in parts, and print the peak of this process."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        lake = FakeLake(folder / "lake")
        parts = {}
        for number in range(times):
            ids = [f"{number:04d}{row:08d}" for row in range(len(texts))]
            frame = pl.DataFrame({"doc_id": ids, "text": texts}).with_columns(
                pl.lit("web").alias("source"),
                pl.col("doc_id").alias("native_id"),
                pl.col("doc_id").alias("text_hash"),
            )
            path = folder / "part.parquet"
            frame.write_parquet(path)
            parts[f"documents/{number:05d}.parquet"] = path.read_bytes()
        inputs = (
            commit_folder(lake, "mixtures/deduped", parts),
            commit_folder(lake, "corpora/benchmarks", {"items.parquet": items.read_bytes()}),
        )
        parts.clear()
        config = {"ngram_words": NGRAM_WORDS, "heldout_share": 0.02, "caps": asdict(CAPS)}
        step = Step(
            family="mixtures", name="decontaminated", partition="", code_version="1", config=config
        )
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        started = time.process_time()
        outcome = make_decontaminated(fake_workspace(folder, step, inputs, lake=lake))
        spent = time.process_time() - started
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        megabytes = times * sum(len(text.encode()) for text in texts) / 1e6
        print(
            f"{times:>3}x {megabytes:7.1f} MB: peak {peak:,.0f} MiB (before {before:,.0f}), "
            f"{megabytes / spent:.1f} MB/s whole node, {outcome.counts['removed']} removed",
            flush=True,
        )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--documents", type=Path)
    parser.add_argument("--megabytes", type=float, default=4.0)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--peer", help="interpreter that has datatrove")
    parser.add_argument("--peer-items", type=int, default=300)
    parser.add_argument("--memory", action="store_true")
    parser.add_argument("--times", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--items", type=Path, help=argparse.SUPPRESS)
    args = parser.parse_args()
    limit = int(args.megabytes * 1e6)
    if args.documents:
        column = pl.read_parquet(args.documents, columns=["text"])["text"]
        texts = column.filter(column.str.len_bytes().cum_sum() <= limit).to_list()
    else:
        texts = installed_text(limit)
    if args.times:
        peak_memory(texts, args.items, args.times)
        return
    with tempfile.TemporaryDirectory() as scratch:
        items = benchmark_items(Path(scratch))
        if not args.memory:
            speed(texts, items, args, Path(scratch))
            return
        path = Path(scratch, "all_items.parquet")
        items.write_parquet(path)
        for times in (1, 4, 16):
            again = [*sys.argv[1:], "--times", str(times), "--items", str(path)]
            subprocess.run([sys.executable, "-m", "benchmarks.decontaminate", *again], check=True)


if __name__ == "__main__":
    main()
