"""Shared, padded and batched log-likelihoods equal the plain ones."""

from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from evaluation.load import load_network
from evaluation.loglikelihood import Request, Row, batches, score_requests, share_rows
from model.network import Network
from tests.micro import write_micro_model

ids = st.lists(st.integers(0, 3), min_size=1, max_size=6).map(tuple)
some_requests = st.lists(
    st.builds(lambda c, d: Request(context=c, continuation=d), ids, ids), max_size=12
)


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> Network:
    folder = tmp_path_factory.mktemp("model")
    write_micro_model(folder)
    return load_network(folder)


class Bigram:
    """Predicts token t + 1 after t with odds 4 : 1 against every other of V tokens."""

    num_tokens = 4

    def hidden(self, tokens_BT: torch.Tensor) -> torch.Tensor:
        return torch.nn.functional.one_hot((tokens_BT + 1) % self.num_tokens, self.num_tokens)

    def lm_head(self, hidden_SD: torch.Tensor) -> torch.Tensor:
        return hidden_SD * math.log(4.0)


def test_the_sum_over_a_continuation_is_the_one_worked_out_by_hand() -> None:
    requests = [
        Request(context=(0,), continuation=(1, 2)),
        Request(context=(3, 0), continuation=(1, 3)),
    ]
    hit, miss = math.log(4 / 7), math.log(1 / 7)
    scores = score_requests(Bigram(), requests, batch_tokens=64)
    assert [score.log_likelihood for score in scores] == pytest.approx([2 * hit, hit + miss])
    assert [score.is_greedy for score in scores] == [True, False]


def test_probabilities_of_all_one_token_continuations_sum_to_one(network: Network) -> None:
    requests = [
        Request(context=(1, 140, 7), continuation=(index,))
        for index in range(network.config.vocab_size)
    ]
    scores = score_requests(network, requests, batch_tokens=64)
    assert sum(math.exp(score.log_likelihood) for score in scores) == pytest.approx(1, abs=1e-5)
    assert sum(score.is_greedy for score in scores) == 1


@pytest.mark.parametrize("batch_tokens", [1, 37, 4096])
def test_batched_equals_one_by_one(network: Network, batch_tokens: int) -> None:
    generator = torch.Generator().manual_seed(0)

    def draw(most: int) -> tuple[int, ...]:
        length = int(torch.randint(1, most + 1, (1,), generator=generator))
        drawn = torch.randint(0, network.config.vocab_size, (length,), generator=generator)
        return tuple(drawn.tolist())

    contexts = [draw(30) for _ in range(12)]
    requests = [Request(context=c, continuation=draw(6)) for c in contexts for _ in range(4)]
    together = score_requests(network, requests, batch_tokens=batch_tokens)
    for request, score in zip(requests, together, strict=True):
        assert score.log_likelihood == pytest.approx(_alone(network, request), abs=1e-4)


def _alone(network: Network, request: Request) -> float:
    """Score without sharing, padding or gathering: the whole row through the plain forward."""
    tokens = torch.tensor([request.context + request.continuation])
    with torch.inference_mode():
        logp_TV = network(tokens)[0].double().log_softmax(dim=-1)
    start = len(request.context)
    return sum(
        float(logp_TV[start + offset - 1, token])
        for offset, token in enumerate(request.continuation)
    )


@given(some_requests)
def test_every_request_is_read_off_a_row_that_begins_with_its_tokens(
    requests: list[Request],
) -> None:
    rows = share_rows(requests)
    owners = sorted(index for row in rows for index in row.requests)
    assert owners == list(range(len(requests)))
    for row in rows:
        for index in row.requests:
            assert row.tokens[: len(requests[index].row)] == requests[index].row


@given(some_requests)
def test_no_row_is_a_prefix_of_another(requests: list[Request]) -> None:
    tokens = [row.tokens for row in share_rows(requests)]
    for i, one in enumerate(tokens):
        for j, other in enumerate(tokens):
            assert i == j or other[: len(one)] != one


def test_one_token_choices_of_a_context_share_one_row() -> None:
    requests = [Request(context=(1, 2, 3), continuation=(token,)) for token in range(5)]
    assert len(share_rows(requests)) == 1


@given(some_requests, st.integers(1, 30))
def test_batches_keep_every_row_and_the_limit(requests: list[Request], limit: int) -> None:
    rows = share_rows(requests)
    cut = batches(rows, limit)
    assert [row for batch in cut for row in batch] == rows
    for batch in cut:
        assert len(batch) == 1 or len(batch) * max(len(row.tokens) for row in batch) <= limit


def test_a_row_longer_than_the_limit_goes_alone() -> None:
    long, short = Row(tokens=(1,) * 9, requests=(0,)), Row(tokens=(2,), requests=(1,))
    assert batches([long, short], 4) == [[long], [short]]


def test_progress_is_told_up_to_the_end() -> None:
    heard: list[tuple[int, int]] = []
    requests = [Request(context=(token,), continuation=(0,)) for token in range(4)]
    score_requests(
        Bigram(), requests, batch_tokens=2, on_batch=lambda done, total: heard.append((done, total))
    )
    assert heard == [(2, 4), (4, 4)]
