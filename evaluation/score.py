"""What a model thinks of a text, token by token: `python -m evaluation.score --model DIR --text S`.

Run as an external process by `materia score`, whose own environment has no torch.
"""

from __future__ import annotations

import argparse
import json
import math
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from torch import Tensor

from evaluation.load import load_model
from model.cache import Cache
from model.network import Network
from model.tokenizer import BOS, Tokenizer

_CHUNK_TOKENS = 512
"""Tokens a forward takes at once; the cache carries the rest, so long texts fit in memory."""


@dataclass(frozen=True, kw_only=True)
class ScoredToken:
    """One token; its log-probability given all tokens before it, natural logarithm."""

    id: int
    piece: str
    logprob: float


@dataclass(frozen=True, kw_only=True)
class Score:
    """A text under a model; every token is predicted, the first one from the mark of begin."""

    tokens: tuple[ScoredToken, ...]
    num_beyond_context: int
    """Tokens further than the positions the model was trained on."""

    @property
    def total_logprob(self) -> float:
        return sum(token.logprob for token in self.tokens)

    @property
    def perplexity(self) -> float:
        """exp of the mean negative log-probability per token; NaN for an empty text."""
        return math.exp(-self.total_logprob / len(self.tokens)) if self.tokens else math.nan


def score_text(folder: Path, text: str) -> Score:
    """Score a text under the release or checkpoint in a folder."""
    network, tokenizer = load_model(folder)
    return score_ids(network, tokenizer, tokenizer.encode(text))


def score_ids(network: Network, tokenizer: Tokenizer, ids: list[int]) -> Score:
    """Score ids that follow the mark of begin, with which every training document starts."""
    logprobs = logprobs_of(network, torch.tensor([tokenizer.bos_id, *ids])).tolist()
    limit = network.config.max_position_embeddings
    return Score(
        tokens=tuple(
            ScoredToken(id=token, piece=tokenizer.token(token), logprob=logprob)
            for token, logprob in zip(ids, logprobs, strict=True)
        ),
        num_beyond_context=max(0, len(ids) + 1 - limit),
    )


@torch.inference_mode()
def logprobs_of(network: Network, tokens_T: Tensor) -> Tensor:
    """Return the log-probabilities of all tokens but the first, fp32 [T-1]."""
    cache, parts = Cache(network.config), []
    for start in range(0, len(tokens_T) - 1, _CHUNK_TOKENS):
        target_T = tokens_T[start + 1 : start + 1 + _CHUNK_TOKENS]
        logits_TV = network(tokens_T[None, start : start + len(target_T)], cache=cache)[0].float()
        chosen_T = logits_TV.gather(1, target_T[:, None])[:, 0]
        parts.append(chosen_T - logits_TV.logsumexp(dim=-1))
    return torch.cat(parts) if parts else torch.empty(0)


def to_json(score: Score) -> str:
    return json.dumps(
        {
            "tokens": [asdict(token) for token in score.tokens],
            "num_tokens": len(score.tokens),
            "total_logprob": score.total_logprob,
            "perplexity": score.perplexity if score.tokens else None,
            "num_beyond_context": score.num_beyond_context,
        },
        ensure_ascii=False,
        allow_nan=False,
    )


def to_text(score: Score) -> str:
    """Return one line per token and the totals."""
    lines = [f"{t.id:>7}  {t.logprob:>9.4f}  {t.piece!r}" for t in score.tokens]
    lines.append(
        f"{len(score.tokens)} tokens after {BOS}, log-probability {score.total_logprob:.4f}, "
        f"perplexity {score.perplexity:.4f}"
    )
    if score.num_beyond_context:
        lines.append(
            f"{score.num_beyond_context} tokens lie beyond the model's context: scored, but at "
            "positions it was not trained on"
        )
    return "\n".join(lines)


def main(argv: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m evaluation.score", description=__doc__)
    parser.add_argument("--model", type=Path, required=True, help="release or checkpoint folder")
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--text", help="the text itself")
    source.add_argument("--text-file", type=Path, help="a UTF-8 file, taken as it is")
    parser.add_argument("--json", action="store_true", help="one JSON object instead of lines")
    arguments = parser.parse_args(argv)
    text = arguments.text
    if text is None:
        text = arguments.text_file.read_bytes().decode()
    score = score_text(arguments.model, text)
    print(to_json(score) if arguments.json else to_text(score))


if __name__ == "__main__":
    main()
