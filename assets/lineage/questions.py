"""The audits that can be asked about an artifact, each with its command: what its page shows."""

from __future__ import annotations

from assets.lineage.manifest import Manifest

_OF_DOCUMENTS = ("corpora", "mixtures", "tokenizers", "synthesis", "checkpoints", "models")
_OF_ANSWERS = ("checkpoints", "models", "releases")


def audits_of(manifest: Manifest) -> str:
    """Return the questions and their commands as Markdown; they name this very artifact."""
    name = f"'{manifest.family}/{manifest.name}@{manifest.short}'"
    rows = [
        ("What went into it?", f"materia audit {name} --html audit.html"),
        ("Which artifacts stand behind it?", f"materia lineage {name}"),
        ("What did it go into?", f"materia lineage {name} --forward"),
        ("What changed since the one before?", f"materia why {name}"),
        ("Does every claim hold?", f"materia verify {name}"),
    ]
    if manifest.family in _OF_DOCUMENTS:
        rows.append(("Where did a document go?", "materia trace --doc ID"))
    if manifest.family in _OF_ANSWERS:
        answer = f"materia trace --answer-file answer.txt --model {name}"
        rows.append(("Which documents does an answer share words with?", answer))
    if manifest.partition and manifest.family != "corpora":
        rows.append(("Is it stale?", f"materia stale --recipe {manifest.partition}"))
    if (manifest.family, manifest.name) == ("releases", "release"):
        rows.append(("How do others check it?", f"materia evidence {name} --out evidence"))
    lines = [f"| {question} | `{command}` |" for question, command in rows]
    return "\n".join(["| audit | command |", "| --- | --- |", *lines])
