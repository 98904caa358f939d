"""PubMed citations: text, provenance, and what is no document."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from assets.corpora.readers.pubmed import read_pubmed
from assets.corpora.readers.record import Bad, Record
from assets.corpora.snapshot import resolve
from assets.corpora.sources import source


def _citation(pmid: str, article: str) -> str:
    return (
        f'<PubmedArticle><MedlineCitation Status="MEDLINE"><PMID Version="1">{pmid}</PMID>'
        f"<Article>{article}</Article><MeshHeadingList><MeshHeading>"
        "<DescriptorName>Asthma</DescriptorName></MeshHeading></MeshHeadingList>"
        "</MedlineCitation><PubmedData/></PubmedArticle>"
    )


def _read(tmp_path: Path, *citations: str) -> list[Record | Bad]:
    path = tmp_path / "a.xml.gz"
    path.write_bytes(gzip.compress(f"<PubmedArticleSet>{''.join(citations)}</x>".encode()))
    return list(read_pubmed(path, "data/a.xml.gz"))


def test_a_citation_becomes_title_and_abstract(tmp_path: Path) -> None:
    [record] = _read(
        tmp_path,
        _citation(
            "12",
            "<Journal><JournalIssue><PubDate><MedlineDate>1979 Jan-Feb</MedlineDate></PubDate>"
            "</JournalIssue><Title>A Journal</Title></Journal><ArticleTitle>On <i>E. coli</i>."
            "</ArticleTitle><Abstract><AbstractText>H<sub>2</sub>O\n and more.</AbstractText>"
            "</Abstract><Language>eng</Language>",
        ),
    )
    assert isinstance(record, Record)
    assert (record.native_id, record.title) == ("12", "On E. coli.")
    assert record.text == "On E. coli.\n\nH2O and more."
    assert record.unusable == ""
    assert record.metadata == {
        "pmid": "12",
        "journal": "A Journal",
        "year": "1979",
        "original_language": "eng",
        "mesh": "Asthma",
    }


def test_a_structured_abstract_keeps_its_labels(tmp_path: Path) -> None:
    abstract = (
        '<Abstract><AbstractText Label="METHODS">We looked.</AbstractText>'
        '<AbstractText Label="UNLABELLED">We saw.</AbstractText></Abstract>'
    )
    [record] = _read(tmp_path, _citation("1", f"<ArticleTitle>T</ArticleTitle>{abstract}"))
    assert isinstance(record, Record)
    assert record.text == "T\n\nMETHODS: We looked.\nWe saw."


def test_a_citation_without_an_abstract_says_so(tmp_path: Path) -> None:
    [record] = _read(tmp_path, _citation("1", "<ArticleTitle>Only a title</ArticleTitle>"))
    assert isinstance(record, Record)
    assert record.unusable == "no_abstract"


def test_a_copyright_statement_becomes_the_licence_and_is_kept(tmp_path: Path) -> None:
    statement = "Copyright A Publisher. " + "All rights. " * 40
    article = (
        "<ArticleTitle>T</ArticleTitle><Abstract><AbstractText>Text.</AbstractText>"
        f"<CopyrightInformation>{statement}</CopyrightInformation></Abstract>"
    )
    owned, free = _read(
        tmp_path,
        _citation("1", article),
        _citation(
            "2", "<ArticleTitle>T</ArticleTitle><Abstract><AbstractText>x</AbstractText></Abstract>"
        ),
    )
    assert isinstance(owned, Record) and isinstance(free, Record)
    assert (owned.licence, owned.unusable) == ("LicenseRef-Publisher-Copyright", "")
    assert owned.metadata["copyright"] == statement[:200]
    assert free.licence == "" and "copyright" not in free.metadata


RETRACTIONS = [
    ("<PublicationType UI='D016441'>Retracted Publication</PublicationType>", "", "retracted", {}),
    ("", "RetractionIn", "retracted", {"retracted_in": "99"}),
    ("", "RetractionOf", "retraction_notice", {"retraction_of": "99"}),
    ("<PublicationType>Retraction of Publication</PublicationType>", "", "retraction_notice", {}),
    ("<PublicationType>Journal Article</PublicationType>", "CommentIn", "", {}),
]


@pytest.mark.parametrize(("kind", "reference", "unusable", "metadata"), RETRACTIONS)
def test_retractions_are_no_documents(
    tmp_path: Path, kind: str, reference: str, unusable: str, metadata: dict[str, str]
) -> None:
    article = (
        "<ArticleTitle>T</ArticleTitle><Abstract><AbstractText>Text.</AbstractText></Abstract>"
        f"<PublicationTypeList>{kind}</PublicationTypeList>"
    )
    content = _citation("1", article).replace(
        "<MeshHeadingList>",
        f'<CommentsCorrectionsList><CommentsCorrections RefType="{reference}"><PMID>99</PMID>'
        "</CommentsCorrections></CommentsCorrectionsList><MeshHeadingList>",
    )
    [record] = _read(tmp_path, content)
    assert isinstance(record, Record)
    assert record.unusable == unusable
    assert {k: v for k, v in record.metadata.items() if k.startswith("retract")} == metadata


def test_a_citation_without_its_number_goes_to_quarantine(tmp_path: Path) -> None:
    items = _read(tmp_path, _citation("x1", "<ArticleTitle>T</ArticleTitle>"), _citation("2", ""))
    assert isinstance(items[0], Bad)
    assert items[0].reason == "no_pmid_or_article"
    assert items[0].file == "data/a.xml.gz"
    assert isinstance(items[1], Record)


def test_the_first_thousand_real_citations_are_read() -> None:
    path = next(iter(resolve(source("pubmed_1976_1980"), Path("none")).paths.values()))
    records = [item for item, _ in zip(read_pubmed(path, "f"), range(1000), strict=False)]
    assert all(isinstance(record, Record) for record in records)
    first = records[0]
    assert isinstance(first, Record)
    assert first.native_id == "399296"
    assert first.text.startswith("Monitoring of bacteriological contamination")
    assert first.metadata["year"] == "1979"
    assert "Abattoirs" in first.metadata["mesh"]
