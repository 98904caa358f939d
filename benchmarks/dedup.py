"""Near-duplicate search beside public peers: speed, and recall and precision against exact truth.

The corpus is real: text, documentation and code of the installed packages in blocks of about
1.6 KB (or --documents, any parquet file with a `text` column), with planted near-duplicates (1 to
8% of the words changed). Truth is every pair by exact Jaccard over word shingles, found by prefix
filtering (complete, and no code of ours). All sides start from the same texts in memory, use the
same shingle length, hashes and bands, and run interleaved in one process, because the speed of a
shared machine drifts: the result is the ratio. Peers check candidates by their own estimate. They
are no dependencies of ours: `pip install rensa==0.5.0 datasketch==2.0.0` to compare; a peer that is
not installed is left out.

    python -m benchmarks.dedup [--megabytes 20] [--rounds 5] [--bands 32] [--documents FILE]
"""

from __future__ import annotations

import argparse
import importlib.util
import random
import re
import statistics
import sysconfig
import time
from collections import Counter, defaultdict
from collections.abc import Callable
from pathlib import Path

import polars as pl

from assets.mixtures.near import near_duplicates
from assets.recipes.recipe import DedupSpec

SHINGLE_WORDS, HASHES, THRESHOLD = 5, 128, 0.7
BLOCK_CHARS = 1600
PLANTED_SHARE = 0.08
Pairs = set[tuple[int, int]]
Finder = Callable[[list[str], int], Pairs]


def ours(texts: list[str], bands: int) -> Pairs:
    spec = DedupSpec(
        shingle_words=SHINGLE_WORDS,
        num_hashes=HASHES,
        num_bands=bands,
        threshold=THRESHOLD,
        seed=1,
    )
    found = near_duplicates(pl.Series(texts), spec)
    return set(zip(found.left.tolist(), found.right.tolist(), strict=True))


def rensa(texts: list[str], bands: int) -> Pairs:
    from rensa import RMinHash, RMinHashLSH  # type: ignore[import-not-found]

    sketches = RMinHash.from_token_sets([word_shingles(t) for t in texts], HASHES, 42)
    index = RMinHashLSH(threshold=THRESHOLD, num_perm=HASHES, num_bands=bands)
    pairs: Pairs = set()
    for row, sketch in enumerate(sketches):
        pairs.update(
            (other, row)
            for other in index.query(sketch)
            if sketch.jaccard(sketches[other]) >= THRESHOLD
        )
        index.insert(row, sketch)
    return pairs


def datasketch(texts: list[str], bands: int) -> Pairs:
    from datasketch import MinHash, MinHashLSH  # type: ignore[import-not-found]

    sets = [[shingle.encode() for shingle in word_shingles(text)] for text in texts]
    sketches = MinHash.bulk(sets, num_perm=HASHES)
    index = MinHashLSH(num_perm=HASHES, params=(bands, HASHES // bands))
    pairs: Pairs = set()
    for row, sketch in enumerate(sketches):
        pairs.update(
            (other, row)
            for other in index.query(sketch)
            if sketch.jaccard(sketches[other]) >= THRESHOLD
        )
        index.insert(row, sketch)
    return pairs


def word_shingles(text: str) -> list[str]:
    words = re.findall(r"\w+", text.lower())
    return [" ".join(words[i : i + SHINGLE_WORDS]) for i in range(len(words) - SHINGLE_WORDS + 1)]


def exact_pairs(texts: list[str]) -> dict[tuple[int, int], float]:
    """Return all pairs at or above the threshold with their similarity.

    Two sets of similarity t share one of the ceil((1 - t) * size) + 1 rarest members of either.
    """
    sets = [frozenset(word_shingles(text)) for text in texts]
    frequency = Counter(shingle for members in sets for shingle in members)
    holders: dict[str, list[int]] = defaultdict(list)
    truth: dict[tuple[int, int], float] = {}
    for row, members in enumerate(sets):
        rarest = sorted(members, key=lambda shingle: (frequency[shingle], shingle))
        prefix = rarest[: int((1 - THRESHOLD) * len(rarest)) + 2]
        for other in {holder for shingle in prefix for holder in holders[shingle]}:
            shared = len(members & sets[other])
            similarity = shared / (len(members) + len(sets[other]) - shared)
            if similarity >= THRESHOLD:
                truth[other, row] = similarity
        for shingle in prefix:
            holders[shingle].append(row)
    return truth


def corpus(num_bytes: int, documents: Path | None) -> list[str]:
    if documents is None:
        return installed_blocks(num_bytes)
    column = pl.read_parquet(documents, columns=["text"])["text"]
    texts: list[str] = column.filter(column.str.len_bytes().cum_sum() <= num_bytes).to_list()
    return texts


def installed_blocks(num_bytes: int) -> list[str]:
    """Cut the text files of the installed packages into blocks, in a fixed random order."""
    folder = Path(sysconfig.get_path("purelib"))
    files = [p for p in sorted(folder.rglob("*")) if p.suffix in {".py", ".md", ".rst", ".txt"}]
    random.Random(1).shuffle(files)
    blocks: list[str] = []
    taken = 0
    for file in files:
        try:
            text = file.read_text("utf-8")
        except (UnicodeDecodeError, OSError):
            continue
        for start in range(0, len(text) - BLOCK_CHARS // 2, BLOCK_CHARS):
            blocks.append(text[start : start + BLOCK_CHARS])
            taken += len(blocks[-1].encode())
            if taken >= num_bytes:
                return blocks
    return blocks


def planted(texts: list[str]) -> list[str]:
    """Add changed copies, and leave exact copies out: every tool finds those by a hash."""
    rng = random.Random(2)
    result = list(dict.fromkeys(texts))
    for text in rng.sample(result, int(PLANTED_SHARE * len(result))):
        words = text.split(" ")
        for place in rng.sample(
            range(len(words)), max(1, int(rng.uniform(0.01, 0.08) * len(words)))
        ):
            words[place] = f"changed{place}"
        result.append(" ".join(words))
    rng.shuffle(result)
    return list(dict.fromkeys(result))


def quality(found: Pairs, truth: dict[tuple[int, int], float]) -> str:
    close = {pair for pair, similarity in truth.items() if similarity >= 0.8}
    return (
        f"recall {len(found & truth.keys()) / max(1, len(truth)):.3f} at {THRESHOLD}, "
        f"{len(found & close) / max(1, len(close)):.3f} at 0.8; "
        f"precision {len(found & truth.keys()) / max(1, len(found)):.3f}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--megabytes", type=float, default=20.0)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--bands", type=int, default=32)
    parser.add_argument("--documents", type=Path)
    args = parser.parse_args()
    texts = planted(corpus(int(args.megabytes * 1e6), args.documents))
    megabytes = sum(len(text.encode()) for text in texts) / 1e6
    truth = exact_pairs(texts)
    print(f"{len(texts):,} documents, {megabytes:.1f} MB, {len(truth):,} true pairs")
    finders: dict[str, Finder] = {"materia": ours}
    finders |= {
        peer.__name__: peer
        for peer in (rensa, datasketch)
        if importlib.util.find_spec(peer.__name__) is not None
    }
    seconds: dict[str, list[float]] = defaultdict(list)
    for round_number in range(args.rounds + 1):
        for name, finder in finders.items():
            started = time.perf_counter()
            found = finder(texts, args.bands)
            if round_number == 0:  # warm-up
                print(f"{name:>11}: {quality(found, truth)}")
                continue
            seconds[name].append(time.perf_counter() - started)
    for name, times in seconds.items():
        ratios = [theirs / own for theirs, own in zip(times, seconds["materia"], strict=True)]
        print(
            f"{name:>11}: {megabytes / statistics.median(times):6.1f} MB/s; takes "
            f"{statistics.median(ratios):.2f} times our time "
            f"(min {min(ratios):.2f}, max {max(ratios):.2f})"
        )


if __name__ == "__main__":
    main()
