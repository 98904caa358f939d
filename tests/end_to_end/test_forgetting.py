"""Documents are forgotten on recipe `smoke`, as a user does it: planned, taken out, proved to be
out, and stopped when they come again. The tests build on each other, in their order.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from tests.end_to_end.installation import NEAR_COPY, OTHER, PLANTED, RECIPE, Installation

pytestmark = pytest.mark.slow

RELEASE = f"releases/release[{RECIPE}]"
REASON = "request 17"
EARLY = ("corpora/", "mixtures/", "tokenizers/tokenizer", "synthesis/")
"""What a restart leaves as it is."""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Installation:
    """An installation of its own: what is forgotten here is no business of other tests."""
    return Installation.made(tmp_path_factory.mktemp("forgetting"))


@pytest.fixture(scope="module")
def planned(home: Installation) -> dict[str, Any]:
    """The plan, and the proof that planning has changed nothing."""
    before = manifests(home)
    # The words of a request are part of its identity, so the plan is asked for with the same.
    words = ("--doc", doc_id(home, PLANTED), "--reason", REASON)
    plan: dict[str, Any] = home.json("forget", *words)
    assert manifests(home) == before
    return plan


@pytest.fixture(scope="module")
def applied(home: Installation, planned: dict[str, Any]) -> dict[str, set[str]]:
    """Forget, run again what follows, and return what was there before by node."""
    before = by_node(home)
    arguments = ("forget", "--doc", doc_id(home, PLANTED), "--reason", REASON)
    done = home.run(*arguments, "--apply")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "documents are tombstones now" in done.stdout
    early = home.run("forget", "--receipt", "--recipe", RECIPE)
    assert early.returncode == 1, early.stdout
    assert "not made without the forgotten documents yet" in early.stderr
    done = home.run("materialize", "--recipe", RECIPE)
    assert done.returncode == 0, done.stdout + done.stderr
    return before


def test_the_plan_names_documents_copies_steps_and_the_cheapest_restart(
    home: Installation, planned: dict[str, Any]
) -> None:
    rules = {row["doc_id"]: row["rule"] for row in planned["documents"]}
    assert rules == {doc_id(home, PLANTED): "named", doc_id(home, NEAR_COPY): "near"}
    held = {entry["artifact"].split("[")[0] for entry in planned["holding"]}
    assert {"corpora/documents", "mixtures/deduped", "tokenizers/shards_stage1"} <= held
    read = [e for e in planned["exposures"] if e["num_steps"]]
    assert read and all(e["steps"] == sorted(e["steps"]) and e["has_learned"] for e in read)
    assert any(name.startswith(RELEASE) for name in planned["affected"])
    (restart,) = planned["restarts"]
    (strict,) = planned["strict"]
    assert restart["start"]["stage"] == "checkpoints/stage1"
    assert "from the beginning" in restart["start"]["told"]
    assert not any(each["node"].startswith(EARLY) for each in restart["remade"])
    assert 0 < restart["num_remade"] < strict["num_remade"]
    assert 0 < restart["cost"]["flops"] <= strict["cost"]["flops"]
    told = [each["told"] for each in planned["residual"][RECIPE]]
    assert any("counted the bytes of" in line for line in told), told


def test_the_plan_and_the_trace_tell_the_same_steps(
    home: Installation, planned: dict[str, Any]
) -> None:
    for row in planned["documents"]:
        found = home.json("trace", "--doc", row["doc_id"])
        for occurrence in found["occurrences"]:
            for run in occurrence["training"]:
                (exposure,) = [
                    e for e in planned["exposures"] if e["fingerprint"] == run["fingerprint"]
                ]
                assert set(run["steps"]) <= set(exposure["steps"])


def test_the_run_makes_exactly_what_the_plan_said(
    home: Installation, planned: dict[str, Any], applied: dict[str, set[str]]
) -> None:
    now = by_node(home)
    made = {f for node in now for f in now[node] - applied.get(node, set())}
    (restart,) = planned["restarts"]
    assert {each["becomes"] for each in restart["remade"]} <= made
    others = {node for node in now if now[node] - applied.get(node, set())}
    remade = {each["node"].split("[")[0] for each in restart["remade"]}
    assert others - remade <= {"corpora/tombstones", "corpora/withdrawn", "reports/receipt"}


def test_the_receipt_is_clean_and_names_what_stays(
    home: Installation, applied: dict[str, set[str]]
) -> None:
    (receipt,) = home.json("forget", "--receipt")
    assert receipt["is_clean"] and not receipt["problems"]
    kinds = {(s["artifact"].split("[")[0], s["kind"].split(" (")[0]) for s in receipt["searches"]}
    assert ("tokenizers/shards_stage1", "tokens") in kinds
    assert ("tokenizers/shards_sft_medical", "documents") in kinds
    assert ("checkpoints/stage1", "readings") in kinds
    assert ("mixtures/decontaminated", "near copies among the packed") in kinds
    assert all(s["looked_at"] for s in receipt["searches"] if s["kind"].startswith("tokens"))
    assert any(r["artifact"].startswith("tokenizers/tokenizer") for r in receipt["residual"])
    assert any(r["artifact"].startswith("corpora/raw[inbox]") for r in receipt["residual"])
    older = {entry["artifact"].split("[")[0] for entry in receipt["older"]}
    assert {"checkpoints/stage1", "tokenizers/shards_stage1", "models/sft_medical"} <= older
    again = home.json("forget", "--receipt", "--recipe", RECIPE)
    assert again[0]["artifact"] == receipt["artifact"]


def test_the_new_shards_hold_the_other_samples_bit_for_bit(
    home: Installation, planned: dict[str, Any], applied: dict[str, set[str]]
) -> None:
    from training.shards import Shards

    folders = [
        path.parent / json.loads(path.read_text())["data_dir"]
        for path in home.lake.glob("tokenizers/shards_stage1/*/manifest.json")
    ]
    gone = [row["doc_id"] for row in planned["documents"]]
    indexes = [pl.read_parquet(folder / "index.parquet") for folder in folders]
    rows = [index.filter(pl.col("doc_id").is_in(gone)) for index in indexes]
    assert sorted(map(len, rows))[0] == 0 < sorted(map(len, rows))[1]
    touched = set(pl.concat(rows)["sample"])
    one, two = (Shards(folder) for folder in folders)
    assert one.info.num_samples == two.info.num_samples
    for sample in range(one.info.num_samples):
        same = (one.sample(sample).tokens_C == two.sample(sample).tokens_C).all()
        assert same == (sample not in touched)


def test_old_and_new_are_told_apart_by_every_view(
    home: Installation, applied: dict[str, set[str]]
) -> None:
    (old,) = applied["releases/release"]
    done = home.run("promote", f"releases/release@{old[:12]}", "--reason", "x")
    assert done.returncode == 2, done.stdout
    assert "withdrawn documents" in done.stderr
    done = home.run("materialize", "reports/exposure")
    assert done.returncode == 0, done.stdout + done.stderr
    rows = exposure_rows(home)
    assert old in {row["fingerprint"] for row in rows}
    assert not [row for row in rows if row["stands"]]
    done = home.run("verify", "--all")
    assert done.returncode == 0, done.stdout


def test_the_same_text_and_a_near_copy_are_stopped_when_they_come_again(
    home: Installation, applied: dict[str, set[str]]
) -> None:
    near = PLANTED.replace("elderly farmer", "old fisherman").replace("harvest", "storm")
    fresh = OTHER.replace("olive", "plum")
    texts = {"again": PLANTED, "rewritten": near, "fresh": fresh}
    lines = "\n".join(json.dumps({"id": name, "text": text}) for name, text in texts.items())
    (home.home / "inbox" / "inbox" / "later.jsonl").write_text(lines + "\n")
    done = home.run("materialize", "corpora/raw[inbox]", "corpora/documents[inbox]")
    assert done.returncode == 0, done.stdout + done.stderr
    gone = dropped(home)
    assert len(gone) == 4, gone
    assert gone[1].startswith("by near copy, ") and gone[2:] == ["by text_hash", "by text_hash"]
    kept = newest(home, "corpora/documents", "inbox")
    left = pl.concat(pl.read_parquet(p) for p in kept.glob("documents/*.parquet"))["text"]
    assert PLANTED not in left and near not in left
    assert any("plum" in text for text in left)


def test_strict_makes_everything_without_the_document(
    home: Installation, applied: dict[str, set[str]]
) -> None:
    other = doc_id(home, OTHER)
    before = by_node(home)
    done = home.run(
        "forget", "--doc", other, "--no-near", "--strict", "--reason", "r", "--apply", "--run"
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "nothing found" in done.stdout
    now = by_node(home)
    made = {node for node in now if now[node] - before.get(node, set())}
    assert {"corpora/documents", "mixtures/deduped", "tokenizers/tokenizer"} <= made
    for node in ("mixtures/deduped", "mixtures/decontaminated"):
        folder = newest(home, node, RECIPE)
        assert other not in pl.read_parquet(next(folder.rglob("documents*/*.parquet")))["doc_id"]
    (receipt,) = home.json("forget", "--receipt")
    failing = [s for s in receipt["searches"] if s["found"]]
    assert receipt["is_clean"] and not failing


def test_what_is_forgotten_already_is_not_forgotten_twice(
    home: Installation, applied: dict[str, set[str]]
) -> None:
    done = home.run("forget", "--doc", doc_id(home, PLANTED), "--reason", "again", "--apply")
    assert done.returncode == 2, done.stdout
    assert "names all" in done.stderr


def manifests(installation: Installation) -> dict[str, int]:
    paths = installation.lake.glob("*/*/*/manifest.json")
    return {str(path): path.stat().st_mtime_ns for path in paths}


def records(installation: Installation, node: str) -> list[tuple[dict[str, Any], Path]]:
    """Return every manifest of a node with its data folder, oldest first."""
    found = []
    for path in installation.lake.glob(f"{node}/*/manifest.json"):
        record: dict[str, Any] = json.loads(path.read_text())
        found.append((record, path.parent / record["data_dir"]))
    return sorted(found, key=lambda pair: str(pair[0]["finished_at"]))


def newest(installation: Installation, node: str, partition: str) -> Path:
    found = [f for record, f in records(installation, node) if record["partition"] == partition]
    return found[-1]


def by_node(installation: Installation) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for record, _ in records(installation, "*/*"):
        node = f"{record['family']}/{record['name']}"
        found.setdefault(node, set()).add(record["fingerprint"])
    return found


def doc_id(installation: Installation, text: str) -> str:
    for _, folder in records(installation, "corpora/documents"):
        for path in folder.glob("documents/*.parquet"):
            found = pl.read_parquet(path).filter(pl.col("text") == text)["doc_id"]
            if len(found):
                return str(found[0])
    raise AssertionError("the text was never read")


def dropped(installation: Installation) -> list[str]:
    """Return why records of the newest inbox were dropped as tombstones."""
    folder = newest(installation, "corpora/documents", "inbox")
    rows = pl.concat(pl.read_parquet(path) for path in folder.glob("dropped/*.parquet"))
    return sorted(rows.filter(pl.col("reason") == "tombstoned")["excerpt"].to_list())


def exposure_rows(installation: Installation) -> list[dict[str, Any]]:
    folder = newest(installation, "reports/exposure", "")
    rows: list[dict[str, Any]] = json.loads((folder / "exposure.json").read_text())
    return rows
