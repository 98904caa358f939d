"""Log-likelihoods of continuations under a network, computed in few padded forward passes.

Causal attention makes three savings exact: right padding needs no mask, a row that is a prefix of
another is read off the longer one (so single-token choices of one context cost one row), and the
last token of a continuation is never fed. It knows tokens only, no text and no benchmark.

Shapes: B rows of a batch, T tokens of its longest row, D hidden, V vocabulary, S scored tokens.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt
import torch


class LanguageModel(Protocol):
    """A causal network in two steps, so that the head runs on the scored positions only."""

    def hidden(self, tokens_BT: torch.Tensor) -> torch.Tensor:
        """Return hidden_BTD."""

    def lm_head(self, hidden_SD: torch.Tensor) -> torch.Tensor:
        """Return logits_SV."""


_PADDING = 0
"""Any valid id: nothing reads what stands to the right of a row."""


@dataclass(frozen=True, kw_only=True)
class Request:
    """What is given and what is scored; both hold at least one token."""

    context: tuple[int, ...]
    continuation: tuple[int, ...]

    @property
    def row(self) -> tuple[int, ...]:
        """Tokens to feed."""
        return self.context + self.continuation[:-1]


@dataclass(frozen=True, kw_only=True)
class Score:
    log_likelihood: float
    """Nats, summed over the continuation."""
    is_greedy: bool
    """Whether every token is the most likely one given those before it."""


@dataclass(frozen=True, kw_only=True)
class Row:
    """One sequence to feed, with the requests (by index) read off it."""

    tokens: tuple[int, ...]
    requests: tuple[int, ...]


def score_requests(
    network: LanguageModel,
    requests: Sequence[Request],
    *,
    batch_tokens: int,
    device: torch.device | None = None,
    on_batch: Callable[[int, int], None] = lambda done, total: None,
) -> list[Score]:
    """Return one score per request, in order; `on_batch` hears of rows done and in all."""
    rows = share_rows(requests)
    nll = np.zeros(len(requests))
    num_misses = np.zeros(len(requests), dtype=np.int64)
    done = 0
    for batch in batches(rows, batch_tokens):
        owner_S, nll_S, is_miss_S = _score_batch(network, batch, requests, device)
        np.add.at(nll, owner_S, nll_S)
        np.add.at(num_misses, owner_S, is_miss_S)
        done += len(batch)
        on_batch(done, len(rows))
    return [
        Score(log_likelihood=-float(value), is_greedy=bool(misses == 0))
        for value, misses in zip(nll, num_misses, strict=True)
    ]


def share_rows(requests: Sequence[Request]) -> list[Row]:
    """Return the distinct rows that are no prefix of another one, longest first.

    In descending order everything that begins with p stands directly before p, so one comparison
    with the last row kept finds every prefix.
    """
    kept: list[tuple[tuple[int, ...], list[int]]] = []
    rows = [request.row for request in requests]
    for index in sorted(range(len(rows)), key=lambda i: (rows[i], -i), reverse=True):
        row = rows[index]
        if kept and kept[-1][0][: len(row)] == row:
            kept[-1][1].append(index)
        else:
            kept.append((row, [index]))
    shared = [Row(tokens=tokens, requests=tuple(owners)) for tokens, owners in kept]
    return sorted(shared, key=lambda row: (-len(row.tokens), row.requests))


def batches(rows: Sequence[Row], batch_tokens: int) -> list[list[Row]]:
    """Cut rows, longest first, into batches of at most `batch_tokens` padded tokens."""
    cut: list[list[Row]] = []
    for row in rows:
        if cut and (len(cut[-1]) + 1) * len(cut[-1][0].tokens) <= batch_tokens:
            cut[-1].append(row)
        else:
            cut.append([row])
    return cut


def _score_batch(
    network: LanguageModel,
    batch: Sequence[Row],
    requests: Sequence[Request],
    device: torch.device | None,
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float64], npt.NDArray[np.bool_]]:
    """Return, per scored token, the request it belongs to, its nats, and whether greedy misses."""
    tokens_BT = np.full((len(batch), len(batch[0].tokens)), _PADDING, dtype=np.int64)
    row_S: list[int] = []
    position_S: list[int] = []
    target_S: list[int] = []
    owner_S: list[int] = []
    for number, row in enumerate(batch):
        tokens_BT[number, : len(row.tokens)] = row.tokens
        for index in row.requests:
            start, scored = len(requests[index].context) - 1, requests[index].continuation
            row_S += [number] * len(scored)
            position_S += range(start, start + len(scored))
            target_S += scored
            owner_S += [index] * len(scored)
    with torch.inference_mode():
        hidden_BTD = network.hidden(torch.from_numpy(tokens_BT).to(device))
        logits_SV = network.lm_head(hidden_BTD[row_S, position_S]).float()
        target_S1 = torch.tensor(target_S, device=logits_SV.device).unsqueeze(1)
        chosen_S = logits_SV.gather(1, target_S1).squeeze(1)
        nll_S = torch.logsumexp(logits_SV, dim=1) - chosen_S
        is_miss_S = logits_SV.argmax(dim=1) != target_S1.squeeze(1)
    return np.array(owner_S), nll_S.double().cpu().numpy(), is_miss_S.cpu().numpy()
