"""The way back from an answer to the documents that training read, by the tokens of the lake.

Timed are the command `materia trace --answer-file`, as a process, and the search alone in one
process. Answers of 400 tokens hold four runs of 60 copied from random documents; one is right when
the command tells each run's document, source, native id, place and steps. Lakes are generated in
the real formats (benchmarks/span_lake.py). "Out of the cache" means that the lake's files and its
indexes were put out of the page cache before each run; the installation's own files were not.

    python -m benchmarks.spans [--tokens 1e7,1e8,1e9] [--answers 20] [--folder DIR]
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
import time
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from assets.lineage.document_index import DocumentIndex
from assets.tokenizers.span_search import SpanIndex
from benchmarks.processes import Spent, cached_bytes, evict, run, told
from benchmarks.span_answers import RUN, Answer, Judge, draw_answers
from benchmarks.span_lake import SpanLake, generate
from benchmarks.speed import write_result

VOCABULARY = 133_120
"""Entries of Baichuan-M1's tokenizer; loading them is a part of every answer."""


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--tokens", default="1e7,1e8")
    parser.add_argument("--answers", type=int, default=20)
    parser.add_argument("--folder", type=Path)
    args = parser.parse_args()
    figures: dict[str, Any] = {}
    for size in args.tokens.split(","):
        with tempfile.TemporaryDirectory(dir=args.folder, prefix="spans-") as folder:
            figures[size] = measure(Path(folder), int(float(size)), args.answers)
            print(size, json.dumps(figures[size], indent=1), flush=True)
    print(f"written to {write_result('spans', {'answers': args.answers}, figures)}")


def measure(
    folder: Path, num_tokens: int, answers: int, vocab_size: int = VOCABULARY
) -> dict[str, Any]:
    made = generate(folder, num_tokens, vocab_size)
    asked = draw_answers(made, answers)
    found = {
        "tokens": made.info.num_tokens,
        "documents": made.documents.height,
        **made.index_figures,
        "index_bytes_per_token": round(made.index_figures["index_bytes"] / made.info.num_tokens, 3),
        **_documents_indexed(made),
        "runs_that_kept_their_ids": _of_all(run.is_kept for a in asked for run in a.runs),
    }
    return found | _in_process(folder, made, asked) | _as_command(folder, made, asked)


def _documents_indexed(made: SpanLake) -> dict[str, Any]:
    """Make the document index, which happens once in a lake, at the first question."""
    started, cpu = time.perf_counter(), time.process_time()
    with DocumentIndex.open(made.lake):
        pass
    return {
        "document_index_built_wall_s": round(time.perf_counter() - started, 2),
        "document_index_built_cpu_s": round(time.process_time() - cpu, 2),
        "document_index_bytes": sum(
            path.stat().st_size for path in (made.lake.derived / "documents").iterdir()
        ),
    }


def _as_command(folder: Path, made: SpanLake, asked: list[Answer]) -> dict[str, Any]:
    """Ask as a person does, with the lake in the page cache and out of it."""
    judge = Judge(made, asked)
    env = {"MATERIA_LAKE": made.lake.root, "MATERIA_HOME": str(folder / "home")}
    command = ["-m", "orchestration.cli", "trace", "--model", made.release.key, "--json"]
    paths = [folder / f"answer-{number}.txt" for number in range(len(asked))]
    for path, answer in zip(paths, asked, strict=True):
        path.write_text(answer.text, encoding="utf-8")
    run([*command, "--answer-file", str(paths[0])], env)  # bytecode is written
    imports = "import orchestration.cli, orchestration.commands.trace"
    figures: dict[str, Any] = {
        "python_start": told([run(["-c", "pass"], env) for _ in asked]),
        "imports": told([run(["-c", imports], env) for _ in asked]),
    }
    lake = [path for path in folder.rglob("*") if path.is_file() and path not in paths]
    right: list[bool] = []
    for name in ("command", "command_out_of_the_cache"):
        spent: list[Spent] = []
        for path, answer in zip(paths, asked, strict=True):
            if name != "command":
                evict(lake)
            spent.append(run([*command, "--answer-file", str(path)], env))
            right += judge.told(answer, spent[-1].output)
        read = [each.read_bytes / 1e6 for each in spent]
        figures[name] = {**told(spent), "read_mb_median": round(statistics.median(read), 1)}
    figures["last_read_mb"] = _read_since(made, lake)
    return figures | {"runs_told_by_the_command": _of_all(right)}


def _read_since(made: SpanLake, files: Iterable[Path]) -> dict[str, float]:
    """Return what is in the page cache of each kind of file, most first; manifests together."""
    held: Counter[str] = Counter()
    for path in files:
        if path.is_relative_to(made.lake.root):
            family, name, _, *inside = path.relative_to(made.lake.root).parts
            kind = f"{family}/{name}/{inside[1]}" if len(inside) > 1 else "manifests"
        else:
            kind = f"indexes/{path.name}"
        held[kind] += cached_bytes(path)
    return {kind: round(size / 1e6, 2) for kind, size in held.most_common() if size >= 10_000}


def _in_process(folder: Path, made: SpanLake, asked: list[Answer]) -> dict[str, Any]:
    """Search the index alone."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    among = [made.shards.fingerprint]
    SpanIndex(made.lake, made.spans).search(asked[0].ids, among)  # what is compiled, is
    figures: dict[str, Any] = {}
    right: list[bool] = []
    for name in ("cold", "warm"):
        seconds = []
        for answer in asked:
            if name == "cold":
                evict(files)
            started = time.perf_counter()
            matches = SpanIndex(made.lake, made.spans).search(answer.ids, among).matches
            seconds.append(1e3 * (time.perf_counter() - started))
            right += [
                any(
                    (match.sample, match.start - match.first)
                    == (run.document["sample"], run.start - run.first)
                    and match.first <= run.first
                    and match.first + match.length >= run.first + RUN
                    for match in matches
                )
                for run in answer.runs
            ]
        figures[f"{name}_ms_per_answer"] = {
            "min": round(min(seconds), 1),
            "median": round(statistics.median(seconds), 1),
            "max": round(max(seconds), 1),
        }
    return figures | {"copied_runs_found": _of_all(right)}


def _of_all(right: Iterable[bool]) -> str:
    each = list(right)
    return f"{sum(each)} of {len(each)}"


if __name__ == "__main__":
    main()
