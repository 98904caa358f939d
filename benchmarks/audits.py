"""How fast and at what size the audits answer: on generated lakes in the real formats.

    python -m benchmarks.audits artifacts [--sizes 1e3,1e4,1e5]   lineage of a release, both ways
    python -m benchmarks.audits documents [--sizes 1e6,1e7,1e8]   trace of a document
    python -m benchmarks.audits texts [--sizes 1e5,1e6]           a text: exact, normalised, near
    python -m benchmarks.audits verify [--gigabytes 4]            against a plain loop of reads
    python -m benchmarks.audits recipe [--recipe tiny]            what recording costs a recipe
    python -m benchmarks.audits provenance                        the same of data nodes, on and off

The index by answers has its own script, benchmarks/spans.py. Each lake is removed afterwards. "Out
of the cache" means that the lake's files and its indexes were put out of the page cache before each
run (posix_fadvise); the installation's own files were not.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.audit_lake import write_lake
from benchmarks.processes import evict, run, told
from benchmarks.speed import write_result
from orchestration.lake import ObjectLake
from orchestration.stores import FileStore


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("part", choices=sorted(PARTS))
    parser.add_argument("--sizes", default="")
    parser.add_argument("--gigabytes", type=float, default=4.0)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--folder", type=Path, help="where lakes are generated; default: /tmp")
    parser.add_argument("--recipe", default="tiny")
    args = parser.parse_args()
    figures = PARTS[args.part](args)
    arguments = {"sizes": args.sizes, "rounds": args.rounds}
    print(f"written to {write_result(f'audits_{args.part}', arguments, figures)}")


def artifacts(args: argparse.Namespace) -> dict[str, Any]:
    """Lineage of the newest release, by the number of artifacts in the lake."""
    return by_size(args, "1e3,1e4,1e5", of_lake, "artifacts")


def of_lake(folder: Path, size: int, rounds: int) -> dict[str, Any]:
    root, home = folder / "lake", folder / "home"
    release = write_lake(root, size)
    lake = ObjectLake(FileStore(root), home / "cache")
    started = time.perf_counter()
    known = len(lake.addresses())
    found: dict[str, Any] = {
        "artifacts": known,
        "catalogue_first_s": round(time.perf_counter() - started, 3),
        "catalogue_bytes": (lake.derived / "catalogue.sqlite").stat().st_size,
        "manifest_bytes": sum(path.stat().st_size for path in root.rglob("manifest.json")),
    }
    env = {"MATERIA_LAKE": str(root), "MATERIA_HOME": str(home)}
    raw = lake.addresses("corpora", "raw")[0]
    commands = {
        "python_start": ["-c", "pass"],
        "imports": ["-c", "import orchestration.cli, orchestration.commands.lineage"],
        "backward": ["-m", "orchestration.cli", "lineage", release.key, "--json"],
        "forward_of_a_checkpoint": [
            "-m", "orchestration.cli", "lineage", "checkpoints/stage1[tiny]", "--forward", "--json",
        ],
        "forward_of_a_snapshot": [
            "-m", "orchestration.cli", "lineage", f"{raw.node}@{raw.fingerprint}", "--forward",
            "--json",
        ],
        "trace_of_an_unknown_document": [
            "-m", "orchestration.cli", "trace", "--doc", "0" * 32, "--json",
        ],
    }  # fmt: skip
    files = list(root.rglob("manifest.json"))
    for name, arguments in commands.items():
        run(arguments, env)  # what is timed has been compiled
        found[name] = told([run(arguments, env) for _ in range(rounds)])
        if name == "backward":
            cold = []
            for _ in range(rounds):
                evict([*files, lake.derived / "catalogue.sqlite"])
                cold.append(run(arguments, env))
            found["backward_out_of_the_cache"] = told(cold)
    return found


def documents(args: argparse.Namespace) -> dict[str, Any]:
    from benchmarks.audit_documents import measure

    return by_size(args, "1e6,1e7", measure)


def texts(args: argparse.Namespace) -> dict[str, Any]:
    from benchmarks.audit_texts import measure

    return by_size(args, "1e5,1e6", measure)


def by_size(
    args: argparse.Namespace,
    default: str,
    measure: Callable[[Path, int, int], Any],
    what: str = "documents",
) -> dict[str, Any]:
    """Measure a generated lake of each size."""
    figures: dict[str, Any] = {}
    for size in sizes(args.sizes or default):
        with tempfile.TemporaryDirectory(dir=args.folder, prefix="audits-") as folder:
            figures[f"{size:,}"] = measure(Path(folder), size, args.rounds)
            show(f"{size:,} {what}", figures[f"{size:,}"])
    return figures


def verify(args: argparse.Namespace) -> dict[str, Any]:
    from benchmarks.audit_verify import measure

    with tempfile.TemporaryDirectory(dir=args.folder, prefix="audits-") as folder:
        figures = measure(Path(folder), int(args.gigabytes * 1e9), args.rounds)
    show(f"{args.gigabytes:g} GB", figures)
    return figures


def recipe(args: argparse.Namespace) -> dict[str, Any]:
    from benchmarks.audit_recipe import measure

    with tempfile.TemporaryDirectory(dir=args.folder, prefix="audits-") as folder:
        figures = measure(Path(folder), args.recipe)
    show(f"recipe {args.recipe}", figures)
    return figures


def provenance(args: argparse.Namespace) -> dict[str, Any]:
    from benchmarks.audit_provenance import measure

    with tempfile.TemporaryDirectory(dir=args.folder, prefix="audits-") as folder:
        figures = measure(Path(folder), args.rounds)
    show("data nodes of recipe tiny", figures)
    return figures


def sizes(text: str) -> list[int]:
    return [int(float(size)) for size in text.split(",")]


def show(title: str, figures: dict[str, Any]) -> None:
    print(title)
    for name, value in figures.items():
        print(f"  {name}: {value}")


PARTS: dict[str, Callable[[argparse.Namespace], dict[str, Any]]] = {
    "artifacts": artifacts,
    "documents": documents,
    "provenance": provenance,
    "recipe": recipe,
    "texts": texts,
    "verify": verify,
}

if __name__ == "__main__":
    main()
