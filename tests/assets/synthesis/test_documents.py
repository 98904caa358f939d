"""Questions from articles and modules, and the rules that judge them against the document."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

from assets.synthesis.check import Facts, check
from assets.synthesis.item import Item, Kind
from assets.synthesis.python_code import functions_of, python_kinds
from assets.synthesis.wikipedia import lead_sentence, wikipedia_kinds

ARTICLES = [
    (
        "1",
        "Altruism",
        "Altruism\n\nA caption.\nAltruism or selflessness is the practice of concern for the "
        "welfare of others. It is a virtue in many cultures.",
    ),
    (
        "2",
        "Ada Lovelace",
        "Ada Lovelace\n\nAda Lovelace (10 December 1815 - 27 November 1852) was a mathematician "
        "who wrote the first program for a machine by C. Babbage, Esq. She lived in London.",
    ),
    (
        "3",
        "Mercury (planet)",
        "Mercury (planet)\n\nThe planet Mercury (cf. Hermes. A god) is the one nearest to the Sun "
        "in our system of planets! It has no moons.",
    ),
    (
        "4",
        "Lists",
        "Lists\n\nThis long paragraph neither names its subject nor ends so that it fits.",
    ),
    (
        "5",
        "Echo",
        "Echo\n\nAn echo is what comes back of a sound, and Echo is also a figure of many myths.",
    ),
]

MODULE = '''
import warnings

PATTERN = "\\d"


def first(values, default=None):
    """Return the first of some values.

    Or the default.
    """
    for value in values:
        return value
    return default


def twice(value):
    """Never asked, for the name is defined twice."""
    return value


def twice(value):
    return value + value


class Stack:
    @property
    def depth(self):
        """Return how many things lie here.
        """
        # They lie in order.
        text = """two
        lines"""
        return len(self._things)

    def push(self, thing): """Put a thing on top of all."""; self._things.append(thing)

    def undocumented(self):
        return None
'''


def items_of(kinds: tuple[Kind, ...], name: str) -> dict[str, Item]:
    kind = next(kind for kind in kinds if kind.name == name)
    items = {}
    for subject in kind.subjects:
        draft = kind.write(subject, random.Random(1))
        if draft is not None:
            items[subject] = Item(
                domain=kind.domain,
                kind=kind.name,
                question=draft.question,
                answer=draft.answer,
                source=kind.source,
                seed_native_id=subject,
                seed_doc_id=f"doc-{kind.document(subject)}",
            )
    return items


WIKI_KINDS = wikipedia_kinds("wiki", ARTICLES)
WIKI_FACTS = Facts(icd10cm=None, hpo=None, texts={f"doc-{a[0]}": a[2] for a in ARTICLES})
CODE_KINDS = python_kinds("code", [("m.py", MODULE), ("broken.py", "def f(:\n")])
CODE_FACTS = Facts(icd10cm=None, hpo=None, texts={"doc-m.py": MODULE})


def test_a_lead_sentence_becomes_an_answer() -> None:
    asked = {i.question: i.answer for i in items_of(WIKI_KINDS, "wikipedia_lead").values()}
    assert asked == {
        "What is Altruism?": (
            "Altruism or selflessness is the practice of concern for the welfare of others."
        ),
        "Who was Ada Lovelace?": (
            "Ada Lovelace (10 December 1815 - 27 November 1852) was a mathematician who wrote the "
            "first program for a machine by C. Babbage, Esq."
        ),
        "What is Mercury?": (
            "The planet Mercury (cf. Hermes. A god) is the one nearest to the Sun in our system "
            "of planets!"
        ),
        "What is Echo?": (
            "An echo is what comes back of a sound, and Echo is also a figure of many myths."
        ),
    }


def test_a_subject_is_asked_for_unless_its_sentence_names_it_again() -> None:
    asked = items_of(WIKI_KINDS, "wikipedia_subject")
    assert sorted(asked) == ["1", "2", "3"]
    assert asked["3"].question.startswith("Fill in the blank: The planet ____ (cf. Hermes.")
    assert asked["3"].answer == "Mercury"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("T\n\nshort\n", ""),
        ("T\n\n" + "word " * 20, ""),
        ("T\n\n" + "word " * 100 + "end. More.", ""),
        ("T\n\nIn the U.S. Army and at St. John's it is so, as everybody knows. More.",
         "In the U.S. Army and at St. John's it is so, as everybody knows."),
    ],
)  # fmt: skip
def test_a_lead_sentence_is_found_or_nothing_is(text: str, sentence: str) -> None:
    assert lead_sentence(text) == sentence


@pytest.mark.parametrize("name", ["wikipedia_lead", "wikipedia_subject"])
def test_what_articles_say_is_true_and_nothing_else(name: str) -> None:
    for item in items_of(WIKI_KINDS, name).values():
        assert check(item, WIKI_FACTS)[1] == ""
        assert check(replace(item, answer="Something else"), WIKI_FACTS)[1] != ""
        assert check(replace(item, seed_doc_id="doc-4"), WIKI_FACTS)[1] != ""
        changed = WIKI_FACTS.texts[item.seed_doc_id].replace(" is ", " may be ")
        changed = changed.replace(" was ", " may be ")
        facts = replace(WIKI_FACTS, texts={item.seed_doc_id: changed})
        assert check(item, facts)[1] == "the article does not say so"


def test_a_blank_that_is_filled_elsewhere_is_caught() -> None:
    item = items_of(WIKI_KINDS, "wikipedia_subject")["1"]
    told = replace(item, question=f"{item.question} (Altruism)")
    assert check(told, WIKI_FACTS)[1] == "the question gives the answer away"


def test_a_function_is_shown_without_or_up_to_its_documentation() -> None:
    asked = items_of(CODE_KINDS, "python_describe")
    assert list(asked) == ["m.py::Stack.depth", "m.py::first"]
    first = asked["m.py::first"]
    assert first.answer == "Return the first of some values."
    assert first.question.endswith(
        "\n\ndef first(values, default=None):\n    for value in values:\n        return value\n"
        "    return default"
    )
    completed = items_of(CODE_KINDS, "python_complete")["m.py::first"]
    assert completed.question.endswith('Or the default.\n    """')
    assert completed.answer == "    for value in values:\n        return value\n    return default"


@pytest.mark.parametrize("name", ["python_describe", "python_complete"])
def test_code_is_judged_by_the_modules_syntax_tree(name: str) -> None:
    for item in items_of(CODE_KINDS, name).values():
        if item.seed_native_id.endswith("depth"):
            continue
        assert check(item, CODE_FACTS)[1] == ""
        assert check(replace(item, answer="    return 1"), CODE_FACTS)[1] != ""
        text = MODULE.replace("return default", "return None")
        changed = replace(CODE_FACTS, texts={"doc-m.py": text})
        assert check(item, changed)[1] == "the code differs from the module's"


def test_code_that_changes_when_its_indentation_goes_is_caught() -> None:
    """The string of two lines in `depth` loses spaces with the method's indentation."""
    item = items_of(CODE_KINDS, "python_complete")["m.py::Stack.depth"]
    assert check(item, CODE_FACTS)[1] == "the code differs from the module's"


def test_a_function_that_is_not_there_is_caught() -> None:
    for name in ("python_describe", "python_complete"):
        item = replace(items_of(CODE_KINDS, name)["m.py::first"], seed_native_id="m.py::last")
        assert check(item, CODE_FACTS)[1] == "the module has no such function"


def test_names_that_are_defined_twice_and_texts_that_do_not_parse_give_nothing() -> None:
    assert [name for name, _ in functions_of(MODULE)] == [
        "first",
        "Stack.depth",
        "Stack.push",
        "Stack.undocumented",
    ]
    assert list(functions_of("def f(:\n")) == []
    assert list(functions_of("x = '\x00'")) == []
