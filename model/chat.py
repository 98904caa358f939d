"""The chat format: `<B_SYS>`system`<C_Q>`question`<C_A>`reply`</s>`, no newlines, every round.

Owns the layout as ids with a loss mask, and the same layout as a Jinja template. Torch-free.
The marks and the default system text are those of the public ports (chatllm.cpp, ms-swift). What
ends a reply is not on record: `</s>` is our choice.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from model.tokenizer import B_SYS, C_A, C_Q, EOS, Tokenizer

DEFAULT_SYSTEM = "You are a helpful assistant."

CHAT_TEMPLATE = (
    "{%- if messages and messages[0]['role'] == 'system' -%}"
    "{%- set system = messages[0]['content'] -%}{%- set turns = messages[1:] -%}"
    f"{{%- else -%}}{{%- set system = '{DEFAULT_SYSTEM}' -%}}{{%- set turns = messages -%}}"
    "{%- endif -%}"
    f"{{{{- '{B_SYS}' + system -}}}}"
    "{%- for turn in turns -%}"
    "{%- if turn['role'] != ('user' if loop.index0 % 2 == 0 else 'assistant') -%}"
    "{{- raise_exception('turns must go user, assistant, user, ...') -}}"
    "{%- endif -%}"
    "{%- if turn['role'] == 'user' -%}"
    f"{{{{- '{C_Q}' + turn['content'] -}}}}"
    "{%- else -%}"
    f"{{{{- '{C_A}' + turn['content'] + '{EOS}' -}}}}"
    "{%- endif -%}"
    "{%- endfor -%}"
    f"{{%- if add_generation_prompt -%}}{{{{- '{C_A}' -}}}}{{%- endif -%}}"
)
"""For tokenizer_config.json. Unlike `render` it builds one string, so marks that a user types are
marks to whoever tokenizes it; serve from `render` where that matters."""


@dataclass(frozen=True, kw_only=True)
class Message:
    role: Literal["system", "user", "assistant"]
    content: str


@dataclass(frozen=True, kw_only=True)
class Span:
    """A mark or a text of a conversation, in ids, and whether the model learns to say it."""

    ids: tuple[int, ...]
    learned: bool


@dataclass(frozen=True, kw_only=True)
class Rendered:
    ids: tuple[int, ...]
    loss_mask: tuple[bool, ...]
    """True on the replies and their end marks only."""


def render(
    messages: Sequence[Message], tokenizer: Tokenizer, *, add_generation_prompt: bool = False
) -> Rendered:
    """Turn a conversation into ids; with `add_generation_prompt` it ends where a reply begins.

    Raises ValueError when the turns are not [system], user, assistant, user, ...
    """
    spans = tuple(_spans(messages, tokenizer))
    if add_generation_prompt:
        if messages[-1].role != "user":
            raise ValueError("a reply follows a user's turn: end with one or ask for no prompt")
        spans = (*spans, Span(ids=(tokenizer.special_id(C_A),), learned=False))
    return Rendered(
        ids=tuple(index for span in spans for index in span.ids),
        loss_mask=tuple(span.learned for span in spans for _ in span.ids),
    )


def _spans(messages: Sequence[Message], tokenizer: Tokenizer) -> Iterator[Span]:
    has_system = bool(messages) and messages[0].role == "system"
    turns = messages[1:] if has_system else messages
    _check_turns(turns)
    system = messages[0].content if has_system else DEFAULT_SYSTEM
    yield _marked(B_SYS, system, tokenizer)
    for turn in turns:
        if turn.role == "user":
            yield _marked(C_Q, turn.content, tokenizer)
        else:
            yield Span(ids=(tokenizer.special_id(C_A),), learned=False)
            reply = (*tokenizer.encode(turn.content), tokenizer.eos_id)
            yield Span(ids=reply, learned=True)


def _marked(mark: str, text: str, tokenizer: Tokenizer) -> Span:
    return Span(ids=(tokenizer.special_id(mark), *tokenizer.encode(text)), learned=False)


def _check_turns(turns: Sequence[Message]) -> None:
    if not turns:
        raise ValueError("a conversation needs at least one user's turn")
    for index, turn in enumerate(turns):
        expected = "assistant" if index % 2 else "user"
        if turn.role != expected:
            raise ValueError(
                f"turn {index} is {turn.role!r}, expected {expected!r}: turns go user, assistant, "
                "user, ..., after at most one system text at the start"
            )
