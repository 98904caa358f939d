"""The whole graph on recipe `smoke`, as a user runs it: made, reused, traced, verified."""

from __future__ import annotations

import json
import sqlite3
import time
from pathlib import Path

import polars as pl
import pytest

from tests.end_to_end.installation import NEAR_COPY, PLANTED, RECIPE, Installation

pytestmark = pytest.mark.slow

RELEASE = f"releases/release[{RECIPE}]"
UP_TO_THE_SHARDS = ("corpora", "mixtures", "tokenizers", "synthesis")


def doc_id(installation: Installation, text: str) -> str:
    """Return the id of a planted text; of the ids that its owner gave, none is kept."""
    found = installation.file("corpora/documents[inbox]", "documents/00000.parquet")
    documents = pl.read_parquet(found)
    return str(documents.filter(pl.col("text") == text)["doc_id"].item())


def test_every_node_of_the_recipe_is_committed_with_counts_and_provenance(
    installation: Installation,
) -> None:
    made = installation.manifests()
    plan = installation.json("plan", "--recipe", RECIPE)
    assert all(artifact["exists"] for artifact in plan["artifacts"])
    for key, manifest in made.items():
        assert manifest["counts"] or key.startswith("reports/scorecard"), key
        assert manifest["git_commit"], key
        assert manifest["dagster_run_id"], key
        assert manifest["mlflow_run_id"], key
        assert manifest["cost"]["wall_s"] > 0, key


def test_a_second_run_reuses_everything_and_takes_seconds(installation: Installation) -> None:
    before = {path: path.stat().st_mtime_ns for path in installation.lake.rglob("manifest.json")}
    started = time.monotonic()
    done = installation.run("materialize", "--recipe", RECIPE)
    took_s = time.monotonic() - started
    assert done.returncode == 0, done.stdout + done.stderr
    assert "made," not in done.stdout
    after = {path: path.stat().st_mtime_ns for path in installation.lake.rglob("manifest.json")}
    assert after == before
    print(f"reused everything in {took_s:.1f} s")


def test_a_broken_record_is_quarantined_with_its_place_and_the_counts_add_up(
    installation: Installation,
) -> None:
    manifest = installation.manifests()["corpora/documents[inbox]"]
    counts = manifest["counts"]
    assert counts["read"] == counts["kept"] + counts["dropped"] + counts["quarantined"] == 4
    bad = pl.read_parquet(installation.file("corpora/documents[inbox]", "quarantine/00000.parquet"))
    # File names may name a patient: a record is known by its file's number and its place.
    assert bad["file"].to_list() == ["file-00000"]
    assert bad["reason"].to_list() == ["malformed_json"]
    assert bad["offset"][0] > 0


def test_lineage_of_the_release_goes_down_to_the_raw_files(installation: Installation) -> None:
    graph = installation.json("lineage", RELEASE)
    keys = {node["key"] for node in graph["nodes"]}
    assert {"corpora/raw", "mixtures/deduped", "checkpoints/stage3", "releases/release"} <= keys
    known = {node["fingerprint"] for node in graph["nodes"]}
    assert all({edge["input"], edge["consumer"]} <= known for edge in graph["edges"])
    promised = {
        "key", "partition", "fingerprint", "digest", "uri", "started_at", "finished_at",
        "dagster_run", "mlflow_run",
    }  # fmt: skip
    assert all(promised <= set(node) for node in graph["nodes"])


def test_lineage_forward_of_a_raw_corpus_reaches_the_release(installation: Installation) -> None:
    graph = installation.json("lineage", "corpora/raw[inbox]", "--forward")
    assert "releases/release" in {node["key"] for node in graph["nodes"]}


def test_a_planted_document_is_traced_to_its_steps_and_to_the_release(
    installation: Installation, tmp_path: Path
) -> None:
    text = tmp_path / "planted.txt"
    text.write_text(PLANTED)
    found = installation.json("trace", "--text-file", str(text))
    assert found["doc_ids"] == [doc_id(installation, PLANTED)]
    assert found["occurrences"], found
    for occurrence in found["occurrences"]:
        assert occurrence["tokens"][0] < occurrence["tokens"][1]
        assert all(run["steps"] == sorted(run["steps"]) for run in occurrence["training"])
    assert any(run["steps"] for o in found["occurrences"] for run in o["training"])
    assert any(name.startswith(RELEASE) for name in found["releases"])


def test_an_answer_that_repeats_training_text_leads_back_to_it(
    installation: Installation, tmp_path: Path
) -> None:
    answer = tmp_path / "answer.txt"
    answer.write_text(f"As far as I know: {PLANTED[:200]}")
    found = installation.json("trace", "--answer-file", str(answer), "--model", RELEASE)
    assert found["covered_tokens"] > found["num_tokens"] / 2
    assert found["not_indexed"] == []
    place = found["spans"][0]["places"][0]
    assert found["spans"][0]["text"] in PLANTED
    by_doc = installation.json("trace", "--doc", place["doc_id"])
    steps = [
        [(run["artifact"], run["steps"]) for run in occurrence["training"]]
        for occurrence in by_doc["occurrences"]
        if (occurrence["fingerprint"], occurrence["sample"])
        == (place["fingerprint"], place["sample"])
    ]
    assert [(run["artifact"], run["steps"]) for run in place["training"]] in steps


def test_the_tokens_at_a_traced_place_are_the_planted_text(installation: Installation) -> None:
    from model.tokenizer import Tokenizer
    from training.shards import Shards

    found = installation.json("trace", "--doc", doc_id(installation, PLANTED))
    tokenizer_file = installation.file(f"tokenizers/tokenizer[{RECIPE}]", "tokenizer.json")
    tokenizer = Tokenizer.load(tokenizer_file.parent)
    pieces: dict[str, dict[int, str]] = {}
    for occurrence in found["occurrences"]:
        if occurrence["copy"] or not occurrence["artifact"].startswith("tokenizers/shards_stage"):
            continue
        shards = Shards(Path(installation.manifests()[occurrence["artifact"]]["folder"]))
        start, end = occurrence["tokens"]
        ids = shards.sample(occurrence["sample"]).tokens_C[start:end].tolist()
        learned = [i for i in ids if i not in (tokenizer.bos_id, tokenizer.eos_id)]
        pieces.setdefault(occurrence["artifact"], {})[occurrence["piece"]] = tokenizer.decode(
            learned
        )
    assert pieces
    for parts in pieces.values():
        assert "".join(parts[piece] for piece in sorted(parts)) == PLANTED


def test_a_planted_near_duplicate_is_reported_as_merged_into_the_kept_one(
    installation: Installation,
) -> None:
    fates = {
        text: installation.json("trace", "--doc", doc_id(installation, text))
        for text in (PLANTED, NEAR_COPY)
    }
    merged = [text for text, found in fates.items() if found["status"] == "merged"]
    assert len(merged) == 1
    (kept,) = set(fates) - set(merged)
    decision = fates[merged[0]]["decisions"][-1]
    assert decision["kept_doc_id"] == doc_id(installation, kept)
    assert decision["rule"] == "near"
    assert 0.7 <= decision["similarity"] < 1
    assert NEAR_COPY != PLANTED


def test_an_unknown_document_is_a_problem_and_not_a_traceback(installation: Installation) -> None:
    done = installation.run("trace", "--doc", "0" * 32)
    assert done.returncode == 1
    assert "unknown" in done.stdout
    assert "Traceback" not in done.stderr


def test_score_gives_every_token_a_log_probability(installation: Installation, note: Path) -> None:
    scored = installation.json("score", "--model", RELEASE, "--text-file", str(note))
    assert "".join(token["piece"] for token in scored["tokens"]) == note.read_text()
    assert all(token["logprob"] < 0 for token in scored["tokens"])
    total = sum(token["logprob"] for token in scored["tokens"])
    assert scored["total_logprob"] == pytest.approx(total, rel=1e-6)


def test_bad_usage_exits_2_with_one_line(installation: Installation) -> None:
    for arguments in (
        ("lineage", "nothing"),
        ("materialize",),
        ("materialize", "--recipe", "huge"),
        ("verify",),
        ("trace",),
        ("trace", "--answer-file", __file__),
    ):
        done = installation.run(*arguments)
        assert done.returncode == 2, (arguments, done.stdout, done.stderr)
        assert "Traceback" not in done.stderr


def test_two_runs_from_scratch_agree_bit_for_bit_up_to_the_shards_and_in_their_losses(
    installation: Installation, second_installation: Installation
) -> None:
    first, second = installation.manifests(), second_installation.manifests()
    assert set(first) == set(second)
    for key in first:
        assert first[key]["fingerprint"] == second[key]["fingerprint"], key
        if key.startswith(UP_TO_THE_SHARDS):
            assert first[key]["digest"] == second[key]["digest"], key
        if key.startswith(("checkpoints", "models")):
            assert first[key]["metrics"]["final_loss"] == second[key]["metrics"]["final_loss"], key


def test_verify_names_a_flipped_byte_a_missing_file_and_an_edited_mlflow_tag(
    second_installation: Installation,
) -> None:
    installation = second_installation
    assert installation.json("verify", "--all")["problems"] == []
    weights = installation.file(f"checkpoints/stage1[{RECIPE}]", "model.safetensors")
    weights.chmod(0o644)
    content = bytearray(weights.read_bytes())
    content[-1] ^= 1
    weights.write_bytes(content)
    installation.file(f"tokenizers/tokenizer[{RECIPE}]", "fertility.png").unlink()
    edited = installation.manifests()[f"mixtures/deduped[{RECIPE}]"]["mlflow_run_id"]
    with sqlite3.connect(installation.home / "mlflow.db") as database:
        database.execute(
            "UPDATE tags SET value = 'forged' WHERE run_uuid = ? AND key = 'materia.digest'",
            (edited,),
        )
    problems = installation.json("verify", "--all", code=1)["problems"]
    assert any("checkpoints/stage1" in p and "model.safetensors has changed" in p for p in problems)
    assert any("fertility.png is missing" in p for p in problems)
    assert any("mixtures/deduped" in p and "materia.digest" in p for p in problems)
    assert len(problems) == 3, problems


def test_the_release_is_in_the_official_layout(installation: Installation) -> None:
    config = json.loads(installation.file(RELEASE, "config.json").read_text())
    assert config["model_type"] == "baichuan_m1"
    assert config["architectures"] == ["BaichuanM1ForCausalLM"]
    card = installation.file(RELEASE, "README.md").read_text()
    for source in ("inbox", "icd10cm", "hpo", "wikipedia_gensim106", "python_stdlib"):
        assert source in card


def test_a_dry_run_shows_the_specs_that_the_jobs_had_and_leaves_no_trace(
    installation: Installation,
) -> None:
    before = {path: path.stat().st_mtime_ns for path in installation.home.rglob("*.json*")}
    names = ("checkpoints/stage2", "models/sft_general", "reports/medical", "reports/needle")
    found = installation.json("materialize", *[f"{name}[{RECIPE}]" for name in names], "--dry-run")
    for name, shown in zip(names, found, strict=True):
        folder = f"{name.replace('/', '.')}.{shown['fingerprint'][:12]}"
        spec_path = installation.home / "jobs" / folder / "spec.json"
        assert shown["spec"] == json.loads(spec_path.read_text())
        assert shown["in_lake"]
        assert str(spec_path) in shown["job"]
        assert (shown["ds_config"] is None) is name.startswith("reports")
    after = {path: path.stat().st_mtime_ns for path in installation.home.rglob("*.json*")}
    assert after == before
