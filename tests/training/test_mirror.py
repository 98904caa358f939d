"""Checkpoints kept a second time: fetched elsewhere, fenced, and whole or not there."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from training_jobs import events, finish, make_spec, outputs, run, write_shards

from tests.s3 import ACCESS_KEY, BUCKET, SECRET_KEY, s3_server
from training.checkpoints import ResumeError, commit_checkpoint, find_checkpoint
from training.mirror import Mirror, MirrorError, StaleAttempt
from training.objects import FolderObjects, Objects, S3Objects


@pytest.fixture(scope="module")
def shards(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_shards(tmp_path_factory.mktemp("data") / "shards")


@pytest.fixture(scope="module")
def endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with s3_server(tmp_path_factory.mktemp("s3")) as url:
        yield url


class Machine:
    """A disk of its own, and the mirror that all machines see."""

    def __init__(self, folder: Path, objects: Objects) -> None:
        self.root, self.journal = folder / "resume", folder / "journal.jsonl"
        self.objects = objects
        self.said: list[str] = []
        self.root.mkdir(parents=True)
        self.begin()

    def begin(self) -> None:
        """Start an attempt."""
        self.mirror = Mirror("remote", self.objects, self.said.append)
        self.mirror.claim()
        self.mirror.fetch_newer(self.root, self.journal)

    def save(self, step: int) -> None:
        def write(folder: Path) -> None:
            (folder / "weights.safetensors").write_bytes(f"weights of {step}".encode() * 9)
            (folder / "state.json").write_text(json.dumps({"step": step}))

        folder = commit_checkpoint(self.root, step, write)
        with self.journal.open("a") as file:
            file.write(f"line {step}\n")
        self.mirror.push(folder, step, self.journal, self.journal.stat().st_size)

    def found(self) -> int | None:
        checkpoint = find_checkpoint(self.root, self.said.append)
        return checkpoint.step if checkpoint else None


@pytest.fixture(params=["folder", pytest.param("s3", marks=pytest.mark.slow)])
def objects(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Objects:
    if request.param == "folder":
        return FolderObjects(tmp_path / "remote")
    for name, value in _s3_env(request.getfixturevalue("endpoint")).items():
        monkeypatch.setenv(name, value)
    return S3Objects(f"s3://{BUCKET}/{tmp_path.name}")


def _s3_env(endpoint: str) -> dict[str, str]:
    return {
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_ACCESS_KEY_ID": ACCESS_KEY,
        "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
        "AWS_DEFAULT_REGION": "us-east-1",
    }


def test_another_machine_goes_on_where_the_first_one_was(objects: Objects, tmp_path: Path) -> None:
    first = Machine(tmp_path / "a", objects)
    for step in (3, 6):
        first.save(step)
    second = Machine(tmp_path / "b", objects)
    assert second.found() == 6
    assert second.journal.read_text() == "line 3\nline 6\n"
    ours, theirs = (m.root / "step-000006" / "manifest.json" for m in (first, second))
    assert ours.read_text() == theirs.read_text()


def test_what_this_machine_has_is_not_fetched_again(objects: Objects, tmp_path: Path) -> None:
    machine = Machine(tmp_path / "a", objects)
    machine.save(3)
    machine.journal.write_text("line 3\nand more\n")
    machine.begin()
    assert machine.said == []
    assert machine.journal.read_text() == "line 3\nand more\n"


def test_an_attempt_that_was_overtaken_commits_nothing_more(
    objects: Objects, tmp_path: Path
) -> None:
    """F23: the zombie wakes up after another machine has gone on."""
    zombie = Machine(tmp_path / "a", objects)
    zombie.save(3)
    second = Machine(tmp_path / "b", objects)
    second.save(6)
    before = sorted(objects.names())
    with pytest.raises(StaleAttempt, match="another attempt has taken over"):
        zombie.save(6)
    with pytest.raises(StaleAttempt, match="another attempt has taken over"):
        zombie.mirror.keep_only({9})
    assert sorted(objects.names()) == before


def test_of_two_that_commit_the_same_step_one_wins(objects: Objects, tmp_path: Path) -> None:
    first, second = Machine(tmp_path / "a", objects), Machine(tmp_path / "b", objects)
    second.save(3)
    first.mirror.claim()  # The token is back, and the step is there all the same.
    with pytest.raises(StaleAttempt, match="step 3 in remote was committed by another attempt"):
        first.save(3)
    assert Machine(tmp_path / "c", objects).found() == 3


def test_older_checkpoints_and_leftovers_are_removed(objects: Objects, tmp_path: Path) -> None:
    machine = Machine(tmp_path / "a", objects)
    objects.write("step-000002/dead/weights.safetensors", b"half")
    for step in (3, 6, 9):
        machine.save(step)
    machine.mirror.keep_only({3, 9})
    heads = {name.split("/")[0] for name in objects.names()}
    assert heads == {"owner.json", "step-000003", "step-000009"}


def test_a_damaged_mirror_falls_back_and_frees_the_step(objects: Objects, tmp_path: Path) -> None:
    first = Machine(tmp_path / "a", objects)
    for step in (3, 6):
        first.save(step)
    (name,) = [n for n in objects.names() if n.startswith("step-000006") and "weights" in n]
    objects.write(name, b"wrong")
    second = Machine(tmp_path / "b", objects)
    assert second.found() == 3
    assert "weights.safetensors differs from its manifest" in second.said[0]
    second.save(6)
    assert Machine(tmp_path / "c", objects).found() == 6


def test_when_nothing_whole_is_left_no_job_starts_from_zero(
    objects: Objects, tmp_path: Path
) -> None:
    first = Machine(tmp_path / "a", objects)
    first.save(3)
    (name,) = [n for n in objects.names() if n.endswith("state.json")]
    objects.remove(name)
    for folder in ("b", "c"):  # And the second try finds the same.
        with pytest.raises(ResumeError, match=r"state\.json is missing"):
            Machine(tmp_path / folder, objects)


def test_damaged_local_checkpoints_are_replaced_by_the_mirror(
    objects: Objects, tmp_path: Path
) -> None:
    machine = Machine(tmp_path / "a", objects)
    machine.save(3)
    (machine.root / "step-000003" / "state.json").write_text("{}")
    machine.begin()
    assert machine.found() == 3
    assert (machine.root / "damaged-000003").is_dir()


def test_a_manifest_cannot_name_a_file_elsewhere(tmp_path: Path) -> None:
    objects = FolderObjects(tmp_path / "remote")
    Machine(tmp_path / "a", objects).save(3)
    told = json.loads(objects.read("step-000003/manifest.json") or b"")
    told["files"]["../../x"] = told["files"].pop("state.json")
    objects.write("step-000003/manifest.json", json.dumps(told).encode())
    with pytest.raises(ResumeError, match=r"names a file '\.\./\.\./x'"):
        Machine(tmp_path / "b", objects)


class Flaky:
    """Objects whose n-th change fails, before it is made or after (the answer is lost)."""

    def __init__(self, inner: Objects, fail_at: int, *, after: bool) -> None:
        self.inner, self.left, self.after = inner, fail_at, after

    def __getattr__(self, name: str) -> Any:
        work = getattr(self.inner, name)
        if name not in ("write", "create", "upload", "remove"):
            return work

        def tried(*arguments: Any) -> Any:
            self.left -= 1
            if self.left == 0 and not self.after:
                raise OSError("connection reset")
            result = work(*arguments)
            if self.left == 0:
                raise OSError("connection reset")
            return result

        return tried


@pytest.mark.slow
@pytest.mark.parametrize("after", [False, True])
def test_an_error_at_any_change_leaves_the_old_mirror_or_the_new_one(
    after: bool, tmp_path: Path
) -> None:
    """F14, F15: and the next attempt saves the next step as if nothing had been."""
    number, failures = 0, 0
    while True:
        number += 1
        folder = tmp_path / str(number)
        remote = FolderObjects(folder / "remote")
        machine = Machine(folder / "a", remote)
        machine.save(3)
        machine.mirror._objects = flaky = Flaky(remote, number, after=after)
        try:
            machine.save(6)
            machine.mirror.keep_only({6})
        except MirrorError as error:
            failures += 1
            assert "connection reset" in str(error)
        if flaky.left > 0:
            break
        assert Machine(folder / "b", remote).found() in (3, 6)
        machine.begin()
        assert machine.found() == 6
        machine.save(9)
        assert Machine(folder / "c", remote).found() == 9
        shutil.rmtree(folder)
    assert failures == number - 1 > 6


@pytest.mark.slow
def test_a_store_that_does_not_answer_is_told_with_its_object(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name, value in _s3_env("http://127.0.0.1:9").items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("training.objects._RETRY_AFTER_S", (0.01,))
    mirror = Mirror("s3://lake/job", S3Objects("s3://lake/job"), print)
    with pytest.raises(OSError, match=r"s3://lake/job/owner\.json: .*127\.0\.0\.1:9"):
        mirror.claim()


# Whole jobs


def _move_to_another_machine(
    tmp_path: Path, shards: Path, remote: str, env: dict[str, str]
) -> None:
    golden = finish(make_spec(tmp_path / "golden", shards))
    here = make_spec(tmp_path / "here", shards, remote_dir=remote, checkpoint_in_background=True)
    ended = run(here, crash_at="step.after_update:11", env=env)
    assert ended.exit_codes == [-9], ended.log
    there = make_spec(tmp_path / "there", shards, remote_dir=remote, world_size=1)
    ended = run(there, env=env)
    assert ended.exit_codes == [0], ended.log
    assert outputs(there) == golden
    assert events(there, "resumed")[0] in (6, 9)
    assert "fetched the checkpoint of step" in ended.log


def test_a_job_moves_to_another_machine_through_a_network_folder(
    shards: Path, tmp_path: Path
) -> None:
    _move_to_another_machine(tmp_path, shards, str(tmp_path / "remote"), {})


@pytest.mark.slow
def test_a_job_moves_to_another_machine_through_s3(
    shards: Path, tmp_path: Path, endpoint: str
) -> None:
    remote = f"s3://{BUCKET}/{tmp_path.name}"
    _move_to_another_machine(tmp_path, shards, remote, _s3_env(endpoint))


def test_a_mirror_that_cannot_be_reached_does_not_stop_a_job(shards: Path, tmp_path: Path) -> None:
    """Local checkpoints go on; the failures are told."""
    remote = tmp_path / "remote"
    spec = make_spec(tmp_path, shards, remote_dir=str(remote), checkpoint_failures_allowed=9)
    ended = run(spec, faults=["mirror_gone"])
    assert ended.exit_codes == [0], ended.log
    assert events(spec, "checkpoint_failed") == [3, 6, 9]
    assert "was not mirrored to" in ended.log
    assert (tmp_path / "resume" / "step-000009" / "manifest.json").exists()
