"""What the requests to forget change in the graph of identities: as little as is honest. Pure.

A request has looked through the corpora and shards that there were, and says which are free of its
documents: those keep their fingerprint. All it has not looked at takes it as an input, so that a
document that comes back is stopped, whenever it comes.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from assets.lineage.step import Step


@dataclass(frozen=True, kw_only=True)
class Forgotten:
    """The requests of a lake, as steps (assets/corpora/tombstones.py)."""

    requests: tuple[Step, ...] = ()

    def out_of_documents(self, base: Step) -> Step:
        """Return corpora/documents as it is without them.

        In mode `restart` what was read before a request stays as it is, though it holds them.
        """
        return _with(base, [r for r in self.requests if _is_new(r, base) or _is_cleared(r, base)])

    def out_of_shards(self, base: Step) -> Step:
        """Return packed shards as they are without what a request of mode `restart` names."""
        return _with(
            base,
            [
                request
                for request in self.requests
                if request.config["mode"] == "restart"
                and base.fingerprint not in request.config["shards"]["free"]
            ],
        )

    def named_by(self, steps: Iterable[Step]) -> tuple[Step, ...]:
        """Return the requests that are inputs of some of the steps.

        Those of a recipe's documents are an input of its questions, since facts about a dropped
        document still stand in the raw files; those of its shards are one of its release, which
        then credits nothing that was taken out.
        """
        named = {i.fingerprint for step in steps for i in step.inputs}
        found = [request for request in self.requests if request.fingerprint in named]
        return tuple(sorted(found, key=lambda request: request.fingerprint))


NOTHING = Forgotten()


def _is_new(request: Step, base: Step) -> bool:
    searched = request.config["documents"]
    return base.fingerprint not in (*searched["free"], *searched["holding"])


def _is_cleared(request: Step, base: Step) -> bool:
    return (
        request.config["mode"] == "strict"
        and base.fingerprint in request.config["documents"]["holding"]
    )


def _with(base: Step, bearing: list[Step]) -> Step:
    ordered = sorted(bearing, key=lambda request: request.fingerprint)
    return replace(base, inputs=(*base.inputs, *ordered)) if ordered else base
