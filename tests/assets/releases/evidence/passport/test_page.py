"""The page says what the records say, loads nothing, and lets no text of others become markup."""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest
from jinja2 import UndefinedError

from assets.fakes import FakeLake
from assets.releases.evidence.facts import Facts, tokens_of
from assets.releases.evidence.pack import release_passport, write_pack
from assets.releases.evidence.passport.page import environment
from assets.releases.evidence.passport.proof import Proof
from assets.releases.evidence.signing import SigningKey
from tests.evidence_lake import make_release
from tests.passport_page import HOSTILE, gathered, hostile, plain, records, rows, section, written

Made = tuple[FakeLake, Facts, Proof]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    return gathered(tmp_path_factory.mktemp("lake"))


@pytest.fixture(scope="module")
def page(made: Made) -> str:
    return written(*made)


class Tags(HTMLParser):
    """Collects every tag with its attributes."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


def test_the_pack_holds_the_page_that_the_command_writes(tmp_path: Path) -> None:
    lake, key = FakeLake(tmp_path / "lake"), SigningKey.create(tmp_path / "key.pem")
    release = make_release(lake)
    pack = write_pack(lake, release, tmp_path / "pack", key)
    alone = release_passport(lake, release, key)
    assert (
        (pack.folder / "passport.html").read_text() == alone == release_passport(lake, release, key)
    )


def test_only_a_release_has_a_passport(made: Made, tmp_path: Path) -> None:
    lake, facts, _ = made
    (mixture,) = facts.all("mixtures/stage1")
    with pytest.raises(ValueError, match=r"mixtures/stage1\[toy\] is no release"):
        release_passport(lake, mixture, SigningKey.create(tmp_path / "key.pem"))


def test_nothing_in_the_page_leads_out_of_it(page: str) -> None:
    for tag, attributes in Tags(page).found:
        assert tag not in ("link", "iframe", "img", "object", "embed", "base", "form"), tag
        for name in ("src", "href", "action", "srcset", "poster", "data", "xlink:href"):
            assert (attributes.get(name) or "#").startswith("#"), (tag, attributes)
        assert "style" not in attributes and not [n for n in attributes if n.startswith("on")]
    style = re.findall(r"<style>(.*?)</style>", page, re.DOTALL)[0]
    assert "url(" not in style and "@import" not in style


def test_the_policy_allows_the_page_s_own_style_and_program_alone(page: str) -> None:
    policy = next(
        str(a["content"]) for t, a in Tags(page).found if a.get("http-equiv") and t == "meta"
    )
    parts = dict(part.strip().split(" ", 1) for part in policy.split(";"))
    assert parts["default-src"] == "'none'" and "unsafe" not in policy
    for name, tag in (("style-src", "style"), ("script-src", "script")):
        (text,) = re.findall(rf"<{tag}>(.*?)</{tag}>", page, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert parts[name] == f"'sha256-{digest}'"


def test_hostile_text_stays_text_everywhere(made: Made) -> None:
    lake, facts, proof = made
    page = written(lake, hostile(facts), proof)
    tags = Tags(page).found
    assert [t for t, _ in tags if t in ("script", "img")] == ["script", "script"]
    assert all(not name.startswith("on") for _, a in tags for name in a)
    assert HOSTILE not in page
    assert section(page, "data").count(HOSTILE) > 3
    assert section(page, "scores").count(HOSTILE) >= 2
    assert all(HOSTILE in record["key"] for record in records(page))


def test_a_template_that_names_what_is_not_there_fails() -> None:
    with pytest.raises(UndefinedError, match="'absent' is undefined"):
        environment().from_string("{{ absent }}").render()


def test_every_artifact_is_a_node_with_its_whole_record(page: str, made: Made) -> None:
    facts = made[1]
    found = {record["fingerprint"]: record for record in records(page)}
    assert set(found) == {m.fingerprint for m in facts.chain}
    for manifest in facts.chain:
        record = found[manifest.fingerprint]
        assert (record["key"], record["digest"]) == (manifest.key, manifest.digest)
        assert (record["code"], record["counts"]) == (manifest.code_version, dict(manifest.counts))
        given = {records(page)[place]["fingerprint"] for place in record["inputs"]}
        assert given == {entry.fingerprint for entry in manifest.inputs}
    assert page.count("data-artifact=") == len(facts.chain)


def test_inputs_come_before_what_they_went_into(page: str) -> None:
    for place, record in enumerate(records(page)):
        assert all(given < place for given in record["inputs"])
    assert records(page)[-1]["key"] == "releases/release[toy]"


def test_neither_machines_nor_files_of_raw_corpora_are_named(page: str) -> None:
    assert "build-host-7" not in page
    assert "files/notes.txt" not in page and '"snapshot"' not in page


def test_sources_and_licences_give_the_shares_of_the_evidence(page: str, made: Made) -> None:
    facts = made[1]
    found = {row[0].split()[0]: row for row in rows(page, "Sources by tokens read")}
    total = tokens_of(facts.shares)
    for name in ("pmc", "notes"):
        tokens = tokens_of(facts.of_source(name))
        row = found[name.upper()]
        assert row[2:4] == [f"{tokens:,}", f"{tokens / total:.1%}"]
    licences = [row[0] for row in rows(page, "Licences by tokens read")]
    assert len(licences) == 3 and any("CC-BY-4.0" in name for name in licences)


def test_the_curriculum_lists_the_stages_in_order_with_their_settings(page: str) -> None:
    found = rows(page, "Stages of training, in their order")
    assert [row[0].split("/")[1] for row in found] == [
        "stage1", "stage2", "stage3", "sft_general", "sft_medical",
    ]  # fmt: skip
    assert found[0][4:6] == ["512", "2"]
    assert found[0][7:9] == ["0.001 to 0.0001, cosine", "1,000,000"]
    assert page.count('<path class="skipped"') == 1


def test_scores_stand_with_interval_chance_and_what_was_not_searched(page: str) -> None:
    (row,) = rows(page, "Scores of the base and the final model")
    assert row[0] == "MedQA accuracy, higher is better"
    assert row[1] == "final 0.25 0.1 to 0.4"
    assert row[3:] == ["0.25", "10", "not searched", "not searched"]


def test_costs_that_nobody_recorded_are_said_not_to_be(page: str, made: Made) -> None:
    found = rows(page, "Cost of the release and all that went into it")
    assert found[-1][:2] == ["all", f"{len(made[1].chain)}"]
    assert "Energy, CO2 and money: not recorded." in section(page, "cost")


def test_attributions_and_decisions_are_those_of_the_records(page: str) -> None:
    (credit,) = rows(page, "Credits by source and licence")
    assert credit[2] == "each document" and credit[-1] == "Authors of pmc"
    told = section(page, "decisions")
    assert "checkpoints/stage1: 1 of 5 steps read their samples and left no update: 2." in told
    assert "Of 9 expectations 0 critical and 1 other ones did not hold." in told


def test_the_page_tells_key_signature_and_commands_to_verify(page: str, made: Made) -> None:
    proof, release = made[2], made[1].release
    told = section(page, "verify")
    assert proof.signature in told and proof.signer in told and "BEGIN PUBLIC KEY" in told
    assert f"python -I verify.py --trust {proof.signer} --expect {release.short}" in told
    files = rows(page, "Files of the release with their hashes")
    assert [row[2] for row in files] == [entry.sha256 for entry in release.files]


def test_a_claim_that_does_not_hold_is_shown_as_that(made: Made) -> None:
    lake, facts, proof = made
    assert written(lake, facts, proof).count('<li class="look">\n        <p class="verdict">') == 0
    shares = tuple(replace(share, licence="CC-BY-NC-4.0") for share in facts.shares)
    release = replace(facts.release, config={**facts.release.config, "policy": "commercial"})
    chain = tuple(release if m == facts.release else m for m in facts.chain)
    near = tuple({**row, "above_chance": False} for row in facts.scores)
    worse = replace(facts, shares=shares, release=release, chain=chain, scores=near)
    page = written(lake, worse, proof)
    assert page.count('<li class="look">\n        <p class="verdict">') == 2
    assert "policy commercial does not allow CC-BY-NC-4.0" in page
    assert "1 of 1 scores are no better than guessing" in page


def test_a_release_without_scores_does_not_pass_for_a_good_one(made: Made) -> None:
    lake, facts, proof = made
    page = written(lake, replace(facts, scores=()), proof)
    assert "look here Scores No scores are recorded." in plain(page)
    assert plain(page).count("No scores are recorded.") == 2


def test_an_input_read_with_another_digest_breaks_the_first_claim(made: Made) -> None:
    lake, facts, proof = made
    stage = facts.all("mixtures/stage1")[0]
    forged = replace(stage, inputs=tuple(replace(i, digest="0" * 64) for i in stage.inputs))
    chain = tuple(forged if m == stage else m for m in facts.chain)
    page = written(lake, replace(facts, chain=chain), proof)
    assert "mixtures/stage1[toy] read mixtures/decontaminated with another digest" in page
