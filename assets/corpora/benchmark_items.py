"""From a benchmark's file to items: one parser per benchmark, zero-shot.

Files of requests repeat each document for every choice and again without context; the document
itself is what is read, once.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

UNCONDITIONAL_OFFSET = 1_000_000
"""Document numbers from here on repeat a document without its context."""

LETTERS = "ABCDE"


@dataclass(frozen=True, kw_only=True)
class Item:
    """One question, as evaluation/spec.py asks for it."""

    item_id: str
    context: str
    choices: tuple[str, ...] = ()
    """Continuations of the context, with the space that parts them from it."""
    answer: int = -1
    target: str = ""
    text: str
    """All words of the item without the format's own, for decontamination."""
    subject: str = ""

    def __post_init__(self) -> None:
        if self.choices and not 0 <= self.answer < len(self.choices):
            raise ValueError(f"item {self.item_id}: answer {self.answer} is not one of its choices")

    def row(self, benchmark: str) -> dict[str, Any]:
        return {
            "benchmark": benchmark,
            "item_id": self.item_id,
            "kind": "choice" if self.choices else "continuation",
            "context": self.context,
            "choices": list(self.choices),
            "answer": self.answer,
            "target": self.target,
            "text": self.text,
            "subject": self.subject,
        }


def piqa(path: Path) -> Iterator[Item]:
    for number, doc in _documents(path):
        yield _question(number, doc["goal"], (doc["sol1"], doc["sol2"]), doc["label"])


def hellaswag(path: Path) -> Iterator[Item]:
    """The package's query is the harness's: activity label, both contexts, brackets removed."""
    for number, doc in _documents(path):
        yield _plain(number, doc["query"], doc["choices"], doc["gold"])


def winogrande(path: Path) -> Iterator[Item]:
    """Choices are the option with the rest of the sentence, after the text before the blank.

    The harness scores the rest given each option in the context; an item of kind choice has one
    context, so the option's own likelihood counts too. Scores differ a little from partial ones.
    """
    for number, doc in _documents(path):
        before, blank, after = doc["sentence"].partition("_")
        if not blank:
            raise ValueError(f"winogrande item {number} has no blank: {doc['sentence']!r}")
        context = before.rstrip()
        gap = before[len(context) :]
        options = (doc["option1"], doc["option2"])
        yield Item(
            item_id=str(number),
            context=context,
            choices=tuple(f"{gap}{option}{after}" for option in options),
            answer=int(doc["answer"]) - 1,
            text="\n".join(f"{before}{option}{after}" for option in options),
        )


def arc(path: Path) -> Iterator[Item]:
    for _, doc in _documents(path):
        question = doc["query"].removeprefix("Question: ").removesuffix("\nAnswer:")
        yield _question(doc["id"], question, doc["choices"], doc["gold"])


def siqa(path: Path) -> Iterator[Item]:
    for number, doc in _documents(path):
        choices = (doc["answerA"], doc["answerB"], doc["answerC"])
        yield Item(
            item_id=str(number),
            context=f"Q: {doc['context']} {doc['question']}\nA:",
            choices=tuple(f" {choice}" for choice in choices),
            answer=int(doc["label"]) - 1,
            text="\n".join((f"{doc['context']} {doc['question']}", *choices)),
        )


def boolq(path: Path) -> Iterator[Item]:
    """The package's query is the harness's: title, passage, question."""
    for number, doc in _documents(path):
        passage, _, question = doc["query"].removesuffix("\nAnswer:").rpartition("\nQuestion: ")
        yield Item(
            item_id=str(number),
            context=doc["query"],
            choices=tuple(f" {choice}" for choice in doc["choices"]),
            answer=doc["gold"],
            text=f"{passage}\n{question}",
        )


def lambada(path: Path) -> Iterator[Item]:
    for number, doc in _documents(path):
        passage, target = doc["query"], f" {doc['answers_text'][0]}"
        yield Item(item_id=str(number), context=passage, target=target, text=passage + target)


def medqa(path: Path) -> Iterator[Item]:
    for number, doc in _documents(path):
        yield _lettered(
            str(number), doc["question"], doc["choices"], doc["answer_idx"], doc["meta_info"]
        )


def medmcqa(path: Path) -> Iterator[Item]:
    for _, doc in _documents(path):
        options = [doc[key] for key in ("opa", "opb", "opc", "opd")]
        yield _lettered(doc["id"], doc["question"], options, doc["cop"], doc["subject_name"])


def mmlu(path: Path) -> Iterator[Item]:
    """Read one subject's Arrow stream; the subject is in every row."""
    import pyarrow as pa

    with pa.memory_map(str(path)) as source:
        rows = pa.ipc.open_stream(source).read_all().to_pylist()
    for number, row in enumerate(rows):
        subject = row["subject"]
        heading = (
            "The following are multiple choice questions (with answers) about "
            f"{subject.replace('_', ' ')}.\n\n"
        )
        identifier, question = f"{subject}-{number}", row["question"].strip()
        yield _lettered(identifier, question, row["choices"], row["answer"], subject, heading, "")


def _documents(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    last = -1
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            request = json.loads(line)
            number = request["doc_id"]
            if last < number < UNCONDITIONAL_OFFSET:
                last = number
                yield number, request["doc"]


def _question(number: int | str, question: str, choices: Sequence[str], answer: int) -> Item:
    """The harness's plain form: the choices are read as answers."""
    return Item(
        item_id=str(number),
        context=f"Question: {question}\nAnswer:",
        choices=tuple(f" {choice}" for choice in choices),
        answer=answer,
        text="\n".join((question, *choices)),
    )


def _plain(number: int | str, context: str, choices: Sequence[str], answer: int) -> Item:
    return Item(
        item_id=str(number),
        context=context,
        choices=tuple(f" {choice}" for choice in choices),
        answer=answer,
        text="\n".join(f"{context} {choice}" for choice in choices),
    )


def _lettered(
    identifier: str,
    question: str,
    options: Sequence[str],
    answer: int,
    subject: str,
    heading: str = "",
    prefix: str = "Question: ",
) -> Item:
    """The harness's examination form: options are listed, the letter is the answer."""
    letters = LETTERS[: len(options)]
    listed = "\n".join(f"{x}. {option}" for x, option in zip(letters, options, strict=True))
    return Item(
        item_id=identifier,
        context=f"{heading}{prefix}{question}\n{listed}\nAnswer:",
        choices=tuple(f" {letter}" for letter in letters),
        answer=answer,
        text="\n".join((question, *options)),
        subject=subject or "",
    )
