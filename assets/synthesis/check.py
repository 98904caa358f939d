"""Is the answer true? One rule per kind of question, judged from the written text alone.

A rule sees the question and answer as a reader would, looks the facts up in look_up.py, and
returns why the item is wrong, or an empty string. Of several options exactly one may be true.
"""

from __future__ import annotations

import ast
import copy
import re
import textwrap
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from assets.synthesis.item import Item, options_of
from assets.synthesis.look_up import HpoLookUp, IcdLookUp
from assets.synthesis.python_code import SEPARATOR, functions_of
from assets.synthesis.wikipedia import BLANK

_QUOTED = re.compile(r'"(.*)"')


@dataclass(frozen=True, kw_only=True)
class Facts:
    """All that rules may look things up in."""

    icd10cm: IcdLookUp | None
    hpo: HpoLookUp | None
    texts: Mapping[str, str]
    """Training documents by doc_id."""
    _parsed: dict[str, dict[str, ast.FunctionDef]] = field(default_factory=dict, init=False)

    def function(self, doc_id: str, name: str) -> ast.FunctionDef | None:
        """Return a copy of a function of a module, or None."""
        if doc_id not in self._parsed:
            self._parsed[doc_id] = dict(functions_of(self.texts.get(doc_id, "")))
        return copy.deepcopy(self._parsed[doc_id].get(name))


@dataclass(frozen=True, kw_only=True)
class Rule:
    """What was confirmed, in words for the `check` column, and the judgement."""

    name: str
    fault: Callable[[Item, Facts], str]


def check(item: Item, facts: Facts) -> tuple[str, str]:
    """Return the rule's name and the fault found (empty when the answer is true)."""
    rule = RULES[item.kind]
    return rule.name, rule.fault(item, facts)


def _icd_title(item: Item, facts: Facts) -> str:
    icd, code = _icd(facts), item.seed_native_id
    if not re.search(rf"\b{re.escape(code)}\b", item.question):
        return f"the question does not name {code}"
    if options_of(item.question):
        return _only_truth(item, lambda option: option == icd.titles.get(code))
    return _equal(item.answer, icd.titles.get(code))


def _icd_code(item: Item, facts: Facts) -> str:
    icd, title = _icd(facts), _quoted(item)
    if options_of(item.question):
        return _only_truth(item, lambda option: icd.titles.get(option) == title)
    codes = sorted(icd.codes_of(title))
    return "" if codes == [item.answer] else f"codes of this title: {', '.join(codes) or 'none'}"


def _icd_category(item: Item, facts: Facts) -> str:
    icd, code = _icd(facts), item.seed_native_id
    if f'{code}, "{icd.titles.get(code)}"' not in item.question:
        return f"the question does not name {code} by its title"
    return _equal(item.answer, icd.category(code))


def _icd_chapter(item: Item, facts: Facts) -> str:
    icd, code = _icd(facts), item.seed_native_id
    if f'{code}, "{icd.titles.get(code)}"' not in item.question:
        return f"the question does not name {code} by its title"
    return _only_truth(item, lambda option: option == icd.chapter(code))


def _hpo_definition(item: Item, facts: Facts) -> str:
    hpo = _hpo(facts)
    meant = {hpo.definitions.get(term_id, "") for term_id in hpo.ids_of(_quoted(item))}
    return "" if item.answer in meant else f"its definition is {sorted(meant)}"


def _hpo_term(item: Item, facts: Facts) -> str:
    hpo, stem = _hpo(facts), item.question.split("\n")[0]

    def is_described(name: str) -> bool:
        known = (hpo.definitions.get(term_id) for term_id in hpo.ids_of(name))
        return any(definition and stem.endswith(definition) for definition in known)

    if options_of(item.question):
        return _only_truth(item, is_described)
    return "" if is_described(item.answer) else f"{item.answer!r} is defined otherwise"


def _hpo_synonym(item: Item, facts: Facts) -> str:
    hpo, name = _hpo(facts), _quoted(item)
    known = set().union(*(hpo.synonyms[term_id] for term_id in hpo.ids_of(name)))
    if options_of(item.question):
        return _only_truth(item, lambda option: option in known or option == name)
    return "" if item.answer in known else f"its exact synonyms are {sorted(known)}"


def _hpo_parent(item: Item, facts: Facts) -> str:
    hpo = _hpo(facts)
    ids = hpo.ids_of(_quoted(item))
    if options_of(item.question):
        above = hpo.names_above(ids)
        return _only_truth(item, lambda option: option in above)
    parents = set().union(*(hpo.parents(term_id) for term_id in ids))
    return "" if item.answer in parents else f"its parents are {sorted(parents)}"


def _hpo_findings(item: Item, facts: Facts) -> str:
    hpo, disease = _hpo(facts), item.seed_native_id
    if not any(f"{name} ({disease})" in item.question for name in hpo.diseases[disease]):
        return f"the question does not name {disease}"
    known = hpo.findings_of(disease)
    if options_of(item.question):
        # Who has a finding has what is above it too, so that would be a second true option.
        true = known | hpo.names_above(hpo.findings[disease] & hpo.names.keys())
        return _only_truth(item, lambda option: option in true)
    given = item.answer.split("; ")
    number = re.search(r"Name (\d+) ", item.question)
    if number is None or len(set(given)) != int(number[1]):
        return f"{len(set(given))} findings are given"
    unknown = sorted(set(given) - known)
    return f"not annotated: {unknown}" if unknown else ""


def _wikipedia_lead(item: Item, facts: Facts) -> str:
    title, _, body = facts.texts.get(item.seed_doc_id, "").partition("\n")
    subject = re.fullmatch(r"(?:Who|What) (?:is|are|was|were) (.+)\?", item.question)
    if subject is None or not title.startswith(subject[1]):
        return f"the question is not about {title!r}"
    return "" if item.answer in body else "the article does not say so"


def _wikipedia_subject(item: Item, facts: Facts) -> str:
    title, _, body = facts.texts.get(item.seed_doc_id, "").partition("\n")
    if not title.startswith(item.answer):
        return f"the article is about {title!r}"
    if item.answer.casefold() in item.question.casefold():
        return "the question gives the answer away"
    before, blank, after = item.question.removeprefix("Fill in the blank: ").partition(BLANK)
    said = re.escape(before) + re.escape(item.answer) + re.escape(after)
    if not blank or not re.search(said, body, re.IGNORECASE):
        return "the article does not say so"
    return ""


def _python_describe(item: Item, facts: Facts) -> str:
    function = _function(item, facts)
    if function is None:
        return "the module has no such function"
    summary = (ast.get_docstring(function) or "").split("\n")[0].strip()
    if item.answer != summary:
        return f"its summary is {summary!r}"
    function.body = function.body[1:]
    return _same_code(item.question.partition("\n\n")[2], function)


def _python_complete(item: Item, facts: Facts) -> str:
    function = _function(item, facts)
    if function is None:
        return "the module has no such function"
    header = item.question.partition("\n\n")[2]
    return _same_code(f"{header}\n{item.answer}", function)


RULES: Mapping[str, Rule] = {
    "icd10cm_title": Rule(name="code has this title", fault=_icd_title),
    "icd10cm_title_choice": Rule(name="code has this title, no other option", fault=_icd_title),
    "icd10cm_code": Rule(name="title belongs to this code alone", fault=_icd_code),
    "icd10cm_code_choice": Rule(name="code has this title, no other option", fault=_icd_code),
    "icd10cm_category": Rule(name="first three characters name it", fault=_icd_category),
    "icd10cm_chapter_choice": Rule(name="chapter's range holds the code", fault=_icd_chapter),
    "hpo_definition": Rule(name="term has this definition", fault=_hpo_definition),
    "hpo_term": Rule(name="definition belongs to this term", fault=_hpo_term),
    "hpo_term_choice": Rule(name="definition fits this option alone", fault=_hpo_term),
    "hpo_synonym": Rule(name="term has this exact synonym", fault=_hpo_synonym),
    "hpo_synonym_choice": Rule(name="synonym of the term, no other option", fault=_hpo_synonym),
    "hpo_parent": Rule(name="term has this parent", fault=_hpo_parent),
    "hpo_parent_choice": Rule(name="above the term, no other option", fault=_hpo_parent),
    "hpo_findings": Rule(name="disease is annotated with each", fault=_hpo_findings),
    "hpo_finding_choice": Rule(name="disease has this option alone", fault=_hpo_findings),
    "wikipedia_lead": Rule(name="article says this of its title", fault=_wikipedia_lead),
    "wikipedia_subject": Rule(name="article says this of its title", fault=_wikipedia_subject),
    "python_describe": Rule(name="module documents this code so", fault=_python_describe),
    "python_complete": Rule(name="module has the same syntax tree", fault=_python_complete),
}
"""Kind -> rule; a kind without one cannot be asked."""


def _only_truth(item: Item, is_true: Callable[[str], bool]) -> str:
    options = options_of(item.question)
    letter, _, text = item.answer.partition(". ")
    if options.get(letter) != text:
        return f"{item.answer!r} is not among the options"
    true = sorted(option for option, said in options.items() if is_true(said))
    return "" if true == [letter] else f"the true options are {', '.join(true) or 'none'}"


def _equal(answer: str, truth: str | None) -> str:
    return "" if answer == truth else f"the look-up says {truth!r}"


def _quoted(item: Item) -> str:
    match = _QUOTED.search(item.question.split("\n")[0])
    return match[1] if match else ""


def _function(item: Item, facts: Facts) -> ast.FunctionDef | None:
    return facts.function(item.seed_doc_id, item.seed_native_id.partition(SEPARATOR)[2])


def _same_code(code: str, function: ast.FunctionDef) -> str:
    """Compare syntax trees as far as they are shown."""
    shown = [node for _, node in functions_of(textwrap.dedent(code))]
    if len(shown) == 1 and _shape(shown[0]) == _shape(function):
        return ""
    return "the code differs from the module's"


def _shape(function: ast.FunctionDef) -> str:
    """Write the tree without decorators, which stand above what is shown, and with the
    documentation string's own indentation taken off, as it is when a method is shown alone."""
    function.decorator_list = []
    documentation = ast.get_docstring(function)
    if documentation is not None:
        function.body[0] = ast.Expr(ast.Constant(documentation.strip()))
    return ast.dump(function)


def _icd(facts: Facts) -> IcdLookUp:
    assert facts.icd10cm is not None, "asked about a source that is not an input"
    return facts.icd10cm


def _hpo(facts: Facts) -> HpoLookUp:
    assert facts.hpo is not None, "asked about a source that is not an input"
    return facts.hpo
