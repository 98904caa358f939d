"""MLflow's account of artifacts, held against their manifests. Every difference is a sentence."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from assets.lineage.manifest import Manifest
from orchestration.journal_projection import Point
from orchestration.mlflow_connection import TrackerRefused, TrackerUnavailable
from orchestration.mlflow_models import (
    CANDIDATE,
    CHAMPION,
    MODEL_ID,
    is_release,
    model_params,
    model_tags,
    model_type_of,
    recipe_of,
    registered_name,
    version_tags,
)
from orchestration.mlflow_origins import LICENCE_PREFIX, SOURCE_PREFIX
from orchestration.mlflow_records import (
    DAGSTER_URL,
    DIGEST,
    FINGERPRINT,
    KEY,
    NOTE,
    datasets_of,
    experiment_name,
    metrics_of,
    note_of,
    params_of,
    tags_of,
)
from orchestration.promotion import champions_among
from orchestration.tracker import MlflowTracker

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import LoggedModel, Run

_SHOWN_ONLY = frozenset({DAGSTER_URL, NOTE})
"""They hold addresses of the page, so a difference means nothing."""
_ORIGINS = (SOURCE_PREFIX, LICENCE_PREFIX)


def check_run(
    tracker: MlflowTracker, manifest: Manifest, uri: str, journal: Sequence[Point] = ()
) -> list[str]:
    """Return each difference between a manifest and its MLflow run, model and model version."""
    try:
        run_id = tracker.writer.run_of(manifest)
        if not run_id:
            return [
                f"{manifest.key}: {_absence(tracker, manifest)}; `materia sync` or "
                "`materia rebuild` writes it"
            ]
        run = _read(tracker, run_id)
        found = [
            *_check_record(tracker, manifest, uri, run),
            *_check_inputs(manifest, run),
            *_check_curves(tracker, manifest, run, journal),
            *_check_model(tracker, manifest, uri, run),
        ]
        if is_release(manifest):
            found += _check_version(tracker, manifest, uri, run_id)
    except TrackerUnavailable as error:
        return [f"{manifest.key}: not compared with MLflow: {error}"]
    return [f"{manifest.key}: MLflow run {run_id}: {what}" for what in found]


def stray_runs(tracker: MlflowTracker, manifests: Iterable[Manifest]) -> list[str]:
    """Return finished runs that claim an artifact which none of the manifests is, and aliases
    that point at no release of theirs."""
    known = list(manifests)
    claims = {(manifest.fingerprint, manifest.digest) for manifest in known}
    theirs = {manifest.mlflow_run_id for manifest in known}  # compared one by one
    found: list[str] = []
    try:
        for family in sorted({manifest.family for manifest in known}):
            for run in _finished_runs(tracker, family):
                tags = run.data.tags
                if run.info.run_id in theirs or DIGEST not in tags:
                    continue
                if (tags.get(FINGERPRINT), tags[DIGEST]) not in claims:
                    found.append(
                        f"MLflow run {run.info.run_id} claims {tags.get(KEY)} with digest "
                        f"{tags[DIGEST][:12]}, which is not in the lake"
                    )
        found += _check_aliases(tracker, known)
    except TrackerUnavailable as error:
        return [f"MLflow was not searched for strays: {error}"]
    return found


def check_taint(
    tracker: MlflowTracker, manifests: Iterable[Manifest], taint: Mapping[str, Mapping[str, str]]
) -> list[str]:
    """Return runs that do not say, or say wrongly, that a withdrawn document has reached them."""
    found: list[str] = []
    try:
        for manifest in manifests:
            tags = taint.get(manifest.fingerprint, {})
            run_id = tracker.writer.run_of(manifest) if tags else ""
            if run_id:
                told = _read(tracker, run_id).data.tags
                found += [
                    f"{manifest.key}: MLflow run {run_id}: {what}"
                    for what in _compare("tag", tags, told)
                ]
    except TrackerUnavailable as error:
        return [f"marks of withdrawn documents were not compared with MLflow: {error}"]
    return found


def _absence(tracker: MlflowTracker, manifest: Manifest) -> str:
    run_id = manifest.mlflow_run_id
    if run_id:
        try:
            run = _read(tracker, run_id)
        except TrackerRefused:
            run = None  # never there, or MLflow was emptied
        if run is not None and run.info.lifecycle_stage == "deleted":
            return f"its MLflow run {run_id} was deleted"
    return f"MLflow has no run of fingerprint {manifest.short}"


def _check_record(tracker: MlflowTracker, manifest: Manifest, uri: str, run: Run) -> Iterator[str]:
    if run.info.status != "FINISHED":
        yield f"its status is {run.info.status}, but the artifact is committed"
    origins = tracker.writer.origins(manifest)
    wanted = {**tags_of(manifest, uri, tracker.dagster_url), **origins}
    yield from _compare("tag", wanted, run.data.tags, ignore=_SHOWN_ONLY)
    for name in sorted(run.data.tags):
        if name.startswith(_ORIGINS) and name not in origins:
            yield f"tag {name} is set, but the lineage has no such origin"
    if not run.data.tags.get(NOTE, "").startswith(note_of(manifest)):
        yield f"tag {NOTE} does not begin with the manifest's summary"
    params = params_of(manifest.config)
    yield from _compare("param", params, run.data.params)
    for name in sorted(run.data.params.keys() - params.keys()):
        yield f"param {name} is {run.data.params[name]!r}, the manifest has none"
    yield from _compare("metric", metrics_of(manifest), run.data.metrics)


def _check_inputs(manifest: Manifest, run: Run) -> Iterator[str]:
    recorded = {
        (i.dataset.name, tag.value)
        for i in run.inputs.dataset_inputs
        for tag in i.tags
        if tag.key == DIGEST
    }
    expected = {(record.name, record.full_digest) for record in datasets_of(manifest)}
    for name, digest in sorted(expected - recorded):
        yield f"input {name} with digest {digest} is missing"
    for name, digest in sorted(recorded - expected):
        yield f"input {name} with digest {digest} was never read"
    # What MLflow shows and searches is a shorter digest, in another table.
    shown = {(record.name, record.full_digest): record.digest for record in datasets_of(manifest)}
    for i in run.inputs.dataset_inputs:
        whole = next((tag.value for tag in i.tags if tag.key == DIGEST), "")
        wanted = shown.get((i.dataset.name, whole), i.dataset.digest)
        if i.dataset.digest != wanted:
            yield f"input {i.dataset.name} is shown with digest {i.dataset.digest}, not {wanted}"


def _check_curves(
    tracker: MlflowTracker, manifest: Manifest, run: Run, journal: Sequence[Point]
) -> Iterator[str]:
    """Hold every point of a curve against the journal in the lake, once each."""
    curves: dict[str, dict[int, float]] = {}
    for point in journal:
        curves.setdefault(point.key, {})[point.step] = point.value
    final = metrics_of(manifest)
    for key, curve in sorted(curves.items()):
        told = tracker.writer.points(run.info.run_id, key) if key in run.data.metrics else []
        if key in final:
            # The final value ends the curve of its name, at the last step.
            last = (max(curve), final[key])
            told = _without_one(told, last)
        counted = Counter(step for step, _ in told)
        stored = dict(told)
        for step in sorted(curve.keys() | stored.keys()):
            if step not in stored:
                yield f"metric {key} lacks step {step}, the journal says {curve[step]!r}"
            elif step not in curve:
                yield f"metric {key} is {stored[step]!r} at step {step}, the journal has no such"
            elif stored[step] != curve[step] or counted[step] > 1:
                values = [value for at, value in told if at == step]
                yield f"metric {key} is {values!r} at step {step}, the journal says {curve[step]!r}"


def _check_model(tracker: MlflowTracker, manifest: Manifest, uri: str, run: Run) -> Iterator[str]:
    models = tracker.writer.models
    if model_type_of(manifest.family, manifest.name):
        model = models.of_run(manifest, run.info.run_id)
        if model is None:
            yield "it has no logged model of these weights"
        else:
            wanted = model_tags(manifest, uri, tracker.writer.origins(manifest))
            yield from _compare(f"logged model {model.model_id}: tag", wanted, model.tags)
            yield from _check_model_values(manifest, model)
    read = {item.model_id for item in run.inputs.model_inputs}
    for model_id in models.inputs_of(manifest):
        if model_id not in read:
            yield f"it is not linked to the model {model_id}, which it read"


def _check_model_values(manifest: Manifest, model: LoggedModel) -> Iterator[str]:
    """Hold params and final metrics of a logged model against the manifest: searches read them."""
    where = f"logged model {model.model_id}:"
    yield from _compare(f"{where} param", model_params(manifest), model.params)
    final = metrics_of(manifest)
    for metric in sorted(model.metrics or (), key=lambda metric: str(metric.key)):
        if metric.key in final and metric.value != final[metric.key]:
            yield (
                f"{where} metric {metric.key} is {metric.value!r}, the manifest says "
                f"{final[metric.key]!r}"
            )


def _check_version(
    tracker: MlflowTracker, manifest: Manifest, uri: str, run_id: str
) -> Iterator[str]:
    recipe = recipe_of(manifest)
    version = tracker.writer.models.version_of(manifest, recipe)
    if version is None:
        yield f"the model {registered_name(recipe)} has no version of this release"
        return
    wanted = version_tags(manifest, uri, tracker.writer.origins(manifest))
    yield from _compare(f"model version {version.version}: tag", wanted, version.tags)
    source = tracker.writer.source_of(manifest, uri)
    if version.source != source:
        yield f"model version {version.version} has source {version.source}, not {source}"
    if version.run_id and version.run_id != run_id:
        yield f"model version {version.version} leads to run {version.run_id}"
    model = tracker.writer.models.of_run(manifest, run_id)
    if model is not None and version.tags.get(MODEL_ID) not in (None, model.model_id):
        yield f"model version {version.version} leads to model {version.tags[MODEL_ID]}"


def _check_aliases(tracker: MlflowTracker, known: Sequence[Manifest]) -> Iterator[str]:
    releases = [manifest for manifest in known if is_release(manifest)]
    by_fingerprint = {manifest.fingerprint: manifest for manifest in releases}
    newest = {recipe_of(manifest): manifest for manifest in releases}
    promoted = champions_among(known)
    for recipe, candidate in sorted(newest.items()):
        aliases = tracker.writer.models.aliases(recipe)
        champion = by_fingerprint.get(promoted.get(recipe, ""))
        for alias, manifest in ((CANDIDATE, candidate), (CHAMPION, champion)):
            version = (
                tracker.writer.models.version_of(manifest, recipe) if manifest is not None else None
            )
            wanted, found = str(version.version) if version else None, aliases.get(alias)
            if found != wanted and (version is not None or manifest is None):
                yield (
                    f"{registered_name(recipe)}: alias {alias} is at version {found or 'none'}, "
                    f"the lake says {wanted or 'none'}"
                )


def _finished_runs(tracker: MlflowTracker, family: str) -> list[Run]:
    experiment = tracker.connection.experiment_id(experiment_name(family))

    def search(client: MlflowClient) -> list[Run]:
        found: list[Run] = []
        token = None
        while True:
            page = client.search_runs(
                [experiment], "attributes.status = 'FINISHED'", page_token=token
            )
            found, token = [*found, *page], page.token
            if not token:
                return found

    return tracker.connection.request(f"list runs of {family}", search)


def _read(tracker: MlflowTracker, run_id: str) -> Run:
    return tracker.connection.request(f"read run {run_id}", lambda client: client.get_run(run_id))


def _without_one(
    points: list[tuple[int, float]], final: tuple[int, float]
) -> list[tuple[int, float]]:
    if final in points:
        points = [*points]
        points.remove(final)
    return points


def _compare(
    kind: str,
    wanted: Mapping[str, object],
    found: Mapping[str, object],
    ignore: frozenset[str] = frozenset(),
) -> Iterator[str]:
    for name in sorted(wanted.keys() - ignore):
        if name not in found:
            yield f"{kind} {name} is missing, the manifest says {wanted[name]!r}"
        elif found[name] != wanted[name]:
            yield f"{kind} {name} is {found[name]!r}, the manifest says {wanted[name]!r}"
