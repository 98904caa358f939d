"""`python -m evaluation.main spec.json`: judge models on items (evaluation/spec.py says which).

Writes into output_dir:
    items.jsonl   one line per model and item: what was predicted, and the log-likelihoods
    report.json   scores, a function of items.jsonl and the spec; counts of tokens fed
    timing.json   seconds per model: the only file that differs between two runs
Runs on the CUDA device if there is one, in fp32 either way. Knows no graph and no lineage.
"""

from __future__ import annotations

import json
import logging
import os
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch

from evaluation.load import load_model
from evaluation.loglikelihood import score_requests, share_rows
from evaluation.report import check_items, summarise
from evaluation.spec import EvaluationSpec, ModelUnderTest
from evaluation.tasks import Item, prepare, read_items, result_of

logger = logging.getLogger(__name__)

Say = Callable[[str], None]
SCHEMA = "materia.report/1"
_PROGRESS_EVERY_S = 5.0


def main() -> None:
    """Read the spec named on the command line and evaluate."""
    if len(sys.argv) != 2:
        sys.exit("usage: python -m evaluation.main spec.json")
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    with _reporting() as say:
        evaluate(EvaluationSpec.read(Path(sys.argv[1])), say)


def evaluate(spec: EvaluationSpec, say: Say = logger.info) -> None:
    """Judge every model of the spec on every item and write the three files."""
    # The launcher knows how many cores the job may have; the spec says how many it can use.
    torch.set_num_threads(min(spec.threads, int(os.environ.get("OMP_NUM_THREADS", spec.threads))))
    items = read_items(Path(spec.items_path))
    check_items(items, spec.benchmarks)
    say(f"{len(items)} items of {len(spec.benchmarks)} benchmarks, {len(spec.models)} models")
    results: list[dict[str, Any]] = []
    num_tokens: dict[str, int] = {}
    seconds: dict[str, float] = {}
    for model in spec.models:
        started = time.monotonic()
        judged, num_tokens[model.label] = _judge(model, items, spec, say)
        results += judged
        seconds[model.label] = round(time.monotonic() - started, 3)
        say(f"{model.label}: {num_tokens[model.label]} tokens in {seconds[model.label]} s")
    report = {
        "schema": SCHEMA,
        "models": [model.label for model in spec.models],
        "seed": spec.seed,
        "max_context_tokens": spec.max_context_tokens,
        "num_tokens": num_tokens,
        "scores": summarise(spec, results),
    }
    folder = Path(spec.output_dir)
    folder.mkdir(parents=True, exist_ok=True)
    lines = [json.dumps(result, sort_keys=True, ensure_ascii=False) for result in results]
    _write(folder / "items.jsonl", "\n".join(lines) + "\n")
    _write(folder / "timing.json", _pretty({"seconds": seconds}))
    _write(folder / "report.json", _pretty(report))


def _judge(
    model: ModelUnderTest, items: Sequence[Item], spec: EvaluationSpec, say: Say
) -> tuple[list[dict[str, Any]], int]:
    """Return one result per item, in order, and the number of tokens fed."""
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    network, tokenizer = load_model(Path(model.path), device=str(device))
    prepared = [
        prepare(
            item,
            tokenizer.encode,
            prefix_id=tokenizer.bos_id,
            max_context_tokens=spec.max_context_tokens,
        )
        for item in items
    ]
    requests = [request for each in prepared for request in each.requests]
    scores = score_requests(
        network.float(),
        requests,
        batch_tokens=spec.batch_tokens,
        device=device,
        on_batch=_pacer(model.label, say),
    )
    taken = iter(scores)
    results = [
        {"model": model.label, **result_of(each, [next(taken) for _ in each.requests])}
        for each in prepared
    ]
    return results, sum(len(row.tokens) for row in share_rows(requests))


def _pacer(label: str, say: Say) -> Callable[[int, int], None]:
    """Return a listener that speaks at most every few seconds."""
    last = time.monotonic()

    def on_batch(done: int, total: int) -> None:
        nonlocal last
        if time.monotonic() - last >= _PROGRESS_EVERY_S:
            last = time.monotonic()
            say(f"{label}: {done} of {total} rows")

    return on_batch


@contextmanager
def _reporting() -> Iterator[Say]:
    """Yield what carries progress: the Dagster run that launched us, or the log."""
    from dagster_pipes import PipesEnvVarParamsLoader, open_dagster_pipes

    loader = PipesEnvVarParamsLoader()  # type: ignore[no-untyped-call]
    if loader.is_dagster_pipes_process():
        with open_dagster_pipes() as pipes:
            yield pipes.log.info
    else:
        yield logger.info


def _pretty(data: Mapping[str, Any]) -> str:
    return json.dumps(data, indent=1, sort_keys=True, allow_nan=False) + "\n"


def _write(path: Path, text: str) -> None:
    """Write whole or not at all."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    temporary.write_text(text)
    temporary.replace(path)


if __name__ == "__main__":
    main()
