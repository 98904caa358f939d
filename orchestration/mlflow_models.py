"""Weights in MLflow: a LoggedModel per checkpoint and release, a registered model per recipe.

MLflow holds names, links and tags; the weights stay in the lake. Writing twice changes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from itertools import islice
from typing import TYPE_CHECKING

from assets.lineage.manifest import InputRecord, Manifest
from orchestration.mlflow_connection import Connection, TrackerRefused
from orchestration.mlflow_origins import licence_names
from orchestration.mlflow_records import (
    DIGEST,
    FINGERPRINT,
    KEY,
    MAX_TAG_CHARS,
    PARTITION,
    POLICY,
    URI,
    experiment_name,
    params_of,
    run_name,
)

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import LoggedModel, Run
    from mlflow.entities.model_registry import ModelVersion

CANDIDATE, CHAMPION = "candidate", "champion"
"""The newest release of a recipe; the one that was chosen to serve."""
LICENCES = "materia.licences"
MODEL_ID = "materia.model_id"
"""Of a version: MLflow's own tables forget the model that a version was made from."""
_MODEL_TYPES = {
    "checkpoints": "checkpoint",
    "models": "fine-tuned model",
    "releases/release": "release",
}
"""By family or node: artifacts that hold weights."""
_MAX_PARAMS = 100
"""MLflow takes at most 100 when a model is created; the run has the others."""
_NOT_IN_NAMES = str.maketrans(dict.fromkeys("/:.%\"'", "_"))
"""MLflow refuses these in the name of a LoggedModel."""


def model_type_of(family: str, name: str) -> str:
    """Return what kind of weights a node holds, or "" when it holds none."""
    return _MODEL_TYPES.get(f"{family}/{name}") or _MODEL_TYPES.get(family, "")


def is_release(manifest: Manifest) -> bool:
    return (manifest.family, manifest.name) == ("releases", "release")


def recipe_of(release: Manifest) -> str:
    """Return the recipe that a release states; its partition where it states none."""
    return str(release.config.get("recipe") or release.partition)


def registered_name(recipe: str) -> str:
    return f"materia-{recipe}"


def version_tags(manifest: Manifest, uri: str, origins: Mapping[str, str]) -> dict[str, str]:
    """Return the tags of a release's model version; `materia verify` holds MLflow to them."""
    return {
        FINGERPRINT: manifest.fingerprint,
        DIGEST: manifest.digest,
        URI: uri,
        POLICY: str(manifest.config.get("policy", "")),
        LICENCES: ", ".join(licences_of(manifest))[:MAX_TAG_CHARS],
        **origins,
    }


def licences_of(release: Manifest) -> list[str]:
    """Return the licences that the sources of a release state, sorted."""
    stated = [source["licence"] for source in release.config.get("sources", ())]
    return sorted({name for expression in stated for name in licence_names(expression)})


def model_tags(manifest: Manifest, uri: str, origins: Mapping[str, str]) -> dict[str, str]:
    """Return the tags of an artifact's LoggedModel."""
    return {
        KEY: f"{manifest.family}/{manifest.name}",
        PARTITION: manifest.partition,
        FINGERPRINT: manifest.fingerprint,
        DIGEST: manifest.digest,
        URI: uri,
        **origins,
    }


def model_params(manifest: Manifest) -> dict[str, str]:
    """Return the params of an artifact's LoggedModel."""
    return dict(islice(params_of(manifest.config).items(), _MAX_PARAMS))


class MlflowModels:
    """LoggedModels and model versions; raises TrackerError."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def log(self, manifest: Manifest, uri: str, run_id: str, origins: Mapping[str, str]) -> str:
        """Return the id of the LoggedModel of a run's weights, "" where it has none."""
        kind = model_type_of(manifest.family, manifest.name)
        if not kind:
            return ""
        model = self.of_run(manifest, run_id) or self._create(
            manifest, model_tags(manifest, uri, origins), run_id, kind
        )
        model_id = str(model.model_id)
        if changed := _changed(model_tags(manifest, uri, origins), model.tags):
            self._connection.request(
                "tag a logged model",
                lambda client: client.set_logged_model_tags(model_id, changed),
            )
        if str(model.status) != "READY":
            self._connection.request(
                "finish a logged model",
                lambda client: client.finalize_logged_model(model_id, "READY"),
            )
        return model_id

    def link(self, manifest: Manifest, run_id: str, model_id: str) -> None:
        """Say which weights a run read and which it made."""
        from mlflow.entities import LoggedModelInput, LoggedModelOutput

        run: Run = self._connection.request("read a run", lambda client: client.get_run(run_id))
        made = {output.model_id for output in run.outputs.model_outputs} if run.outputs else set()
        if model_id and model_id not in made:
            output = LoggedModelOutput(model_id=model_id, step=int(manifest.counts.get("steps", 0)))
            self._connection.request(
                "link the model", lambda client: client.log_outputs(run_id, [output])
            )
        read = {item.model_id for item in run.inputs.model_inputs} if run.inputs else set()
        missing = [i for i in self.inputs_of(manifest) if i not in read]
        if missing:
            self._connection.request(
                "link the models that were read",
                lambda client: client.log_inputs(
                    run_id, models=[LoggedModelInput(model_id=i) for i in missing]
                ),
            )

    def inputs_of(self, manifest: Manifest) -> list[str]:
        """Return the ids of the weights that went into an artifact, as far as MLflow has them."""
        found = [
            self._search(record.family, record.fingerprint, record.digest)
            for record in manifest.inputs
            if model_type_of(record.family, record.name)
        ]
        return [str(models[0].model_id) for models in found if models]

    def of_run(self, manifest: Manifest | InputRecord, run_id: str) -> LoggedModel | None:
        """Return the LoggedModel that a run made, or None."""
        for model in self._search(manifest.family, manifest.fingerprint, manifest.digest):
            if model.source_run_id == run_id:
                return model
        return None

    def register(
        self,
        manifest: Manifest,
        *,
        recipe: str,
        alias: str,
        run_id: str,
        source: str,
        tags: Mapping[str, str],
    ) -> str:
        """Return the model version of a release; the same release has one version for ever.

        An empty alias leaves all aliases as they are.
        """
        name = registered_name(recipe)
        # Refused when it exists; were it for another reason, the next request says so.
        with suppress(TrackerRefused):
            self._connection.request(
                f"create model {name}", lambda client: client.create_registered_model(name)
            )
        version = self.version_of(manifest, recipe)
        model = self.of_run(manifest, run_id) if run_id else None
        if model is not None:
            tags = {**tags, MODEL_ID: str(model.model_id)}
        if version is None:
            version = self._connection.request(
                f"create a version of {name}",
                lambda client: client.create_model_version(
                    name,
                    source=source,
                    run_id=run_id or None,
                    tags=dict(tags),
                    description=manifest.summary,
                    model_id=str(model.model_id) if model else None,
                ),
            )
        number = str(version.version)
        self._tag_version(name, number, _changed(tags, version.tags))
        if alias:
            self.set_alias(recipe, alias, number)
        return number

    def set_alias(self, recipe: str, alias: str, version: str) -> None:
        name = registered_name(recipe)
        if self.aliases(recipe).get(alias) == version:
            return
        self._connection.request(
            f"set alias {alias} of {name}",
            lambda client: client.set_registered_model_alias(name, alias, version),
        )

    def aliases(self, recipe: str) -> dict[str, str]:
        """Return alias -> version of a recipe's model; empty when there is no such model."""
        name = registered_name(recipe)
        try:
            model = self._connection.request(
                f"read model {name}", lambda client: client.get_registered_model(name)
            )
        except TrackerRefused:
            return {}
        return {alias: str(version) for alias, version in model.aliases.items()}

    def versions(self, recipe: str) -> list[ModelVersion]:
        name = registered_name(recipe)

        def search(client: MlflowClient) -> list[ModelVersion]:
            found: list[ModelVersion] = []
            token = None
            while True:
                page = client.search_model_versions(f"name='{name}'", page_token=token)
                found, token = [*found, *page], page.token
                if not token:
                    return found

        return self._connection.request(f"list versions of {name}", search)

    def version_of(self, manifest: Manifest, recipe: str) -> ModelVersion | None:
        for version in self.versions(recipe):
            if version.tags.get(FINGERPRINT) == manifest.fingerprint:
                return version
        return None

    def _tag_version(self, name: str, number: str, tags: Mapping[str, str]) -> None:
        def tag(client: MlflowClient) -> None:
            for key, value in tags.items():
                client.set_model_version_tag(name, number, key, value)

        if tags:
            self._connection.request(f"tag version {number} of {name}", tag)

    def _search(self, family: str, fingerprint: str, digest: str) -> list[LoggedModel]:
        experiment = self._connection.experiment_id(experiment_name(family))
        query = f"tags.`{FINGERPRINT}` = '{fingerprint}' AND tags.`{DIGEST}` = '{digest}'"
        return list(
            self._connection.request(
                f"search models of {family}",
                lambda client: client.search_logged_models([experiment], query),
            )
        )

    def _create(
        self, manifest: Manifest, tags: Mapping[str, str], run_id: str, kind: str
    ) -> LoggedModel:
        experiment = self._connection.experiment_id(experiment_name(manifest.family))
        name = run_name(manifest.name, manifest.partition, manifest.fingerprint)
        return self._connection.request(
            f"create logged model {name}",
            lambda client: client.create_logged_model(
                experiment,
                name=name.translate(_NOT_IN_NAMES),
                source_run_id=run_id,
                tags=dict(tags),
                params=model_params(manifest),
                model_type=kind,
            ),
        )


def _changed(wanted: Mapping[str, str], found: Mapping[str, str]) -> dict[str, str]:
    return {key: value for key, value in wanted.items() if found.get(key) != value}
