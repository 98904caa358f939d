"""The licences we know: what each allows a trained model, as we read it; not legal advice.

A licence that nobody has read is not here, and what is not here is refused. Adding one is one row.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Attribution = Literal["none", "source", "document"]


@dataclass(frozen=True, kw_only=True)
class Licence:
    """What one licence asks for and allows. Research use is allowed under every one listed."""

    id: str
    """SPDX identifier, or LicenseRef-* for terms that SPDX does not list."""
    title: str
    attribution: Attribution
    """Who must be named: nobody, the source as a whole, or each document (an article, a page)."""
    share_alike: bool
    """Whoever holds that weights are adapted material owes them under the same licence."""
    commercial: bool
    """A model trained on it may be used for money."""
    weights_public: bool
    """Weights trained on it may be given to anyone, who may then use them for money."""
    basis: str
    """Where that stands, and our reading where it is one."""


def _cc(
    suffix: str, version: str, *, nc: bool = False, nd: bool = False, sa: bool = False
) -> Licence:
    code = f"CC-{suffix}-{version}"
    limits = [
        *(["non-commercial (section 2(a)(1), NonCommercial): no use for money"] if nc else []),
        *(["no derivatives: weights made from it are not handed on"] if nd else []),
        *(["share-alike: an adaptation carries the same licence"] if sa else []),
    ]
    return Licence(
        id=code,
        title=f"Creative Commons {suffix} {version}",
        attribution="document",
        share_alike=sa,
        commercial=not nc,
        # Who downloads weights may use them for money: NC cannot be kept (our reading).
        weights_public=not nc and not nd,
        basis=f"creativecommons.org/licenses/{suffix.lower()}/{version}; "
        + ("; ".join(limits) or "attribution of each work is all it asks"),
    )


def _permissive(code: str, title: str) -> Licence:
    return Licence(
        id=code,
        title=title,
        attribution="source",
        share_alike=False,
        commercial=True,
        weights_public=True,
        basis=f"spdx.org/licenses/{code}: free use with the notice kept",
    )


def _copyleft(code: str, title: str) -> Licence:
    return Licence(
        id=code,
        title=title,
        attribution="source",
        share_alike=True,
        commercial=True,
        weights_public=True,
        basis=f"spdx.org/licenses/{code}: free use; derived works carry the same licence. Whether "
        "weights are one is unsettled: the release says so",
    )


def _public_domain(code: str, title: str, basis: str) -> Licence:
    return Licence(
        id=code,
        title=title,
        attribution="none",
        share_alike=False,
        commercial=True,
        weights_public=True,
        basis=basis,
    )


def _reserved(code: str, title: str, basis: str) -> Licence:
    return Licence(
        id=code,
        title=title,
        attribution="source",
        share_alike=False,
        commercial=False,
        weights_public=False,
        basis=f"{basis}; mining for research alone (our reading, after article 3 of directive (EU) "
        "2019/790)",
    )


_CC_VERSIONS = ("1.0", "2.0", "2.5", "3.0", "4.0")

_TABLE = (
    _public_domain("CC0-1.0", "Creative Commons Zero 1.0", "creativecommons.org/publicdomain/zero"),
    _public_domain("PDDL-1.0", "Open Data Commons Public Domain", "opendatacommons.org/licenses"),
    _public_domain("CC-PDM-1.0", "Public Domain Mark 1.0", "creativecommons.org/publicdomain/mark"),
    _public_domain("Unlicense", "The Unlicense", "spdx.org/licenses/Unlicense"),
    _public_domain("0BSD", "BSD Zero Clause", "spdx.org/licenses/0BSD"),
    _public_domain(
        "LicenseRef-US-Public-Domain",
        "Work of the United States government",
        "17 U.S.C. section 105: no copyright in the United States",
    ),
    _public_domain(
        "LicenseRef-Public-Domain",
        "Public domain",
        "copyright has run out or was given up, as the source states",
    ),
    *(_cc("BY", version) for version in _CC_VERSIONS),
    *(_cc("BY-SA", version, sa=True) for version in _CC_VERSIONS),
    *(_cc("BY-NC", version, nc=True) for version in _CC_VERSIONS),
    *(_cc("BY-NC-SA", version, nc=True, sa=True) for version in _CC_VERSIONS),
    *(_cc("BY-ND", version, nd=True) for version in _CC_VERSIONS),
    *(_cc("BY-NC-ND", version, nc=True, nd=True) for version in _CC_VERSIONS),
    _permissive("MIT", "MIT License"),
    _permissive("Apache-2.0", "Apache License 2.0"),
    _permissive("BSD-2-Clause", "BSD 2-Clause"),
    _permissive("BSD-3-Clause", "BSD 3-Clause"),
    _permissive("ISC", "ISC License"),
    _permissive("Zlib", "zlib License"),
    _permissive("PSF-2.0", "Python Software Foundation License 2"),
    _permissive("Python-2.0", "Python License 2.0"),
    _permissive("PostgreSQL", "PostgreSQL License"),
    _permissive("ODC-By-1.0", "Open Data Commons Attribution 1.0"),
    _permissive("Artistic-1.0-Perl", "Artistic License 1.0 (Perl)"),
    _permissive("Artistic-2.0", "Artistic License 2.0"),
    _copyleft("GPL-1.0-or-later", "GNU General Public License 1 or later"),
    _copyleft("GPL-2.0-only", "GNU General Public License 2"),
    _copyleft("GPL-2.0-or-later", "GNU General Public License 2 or later"),
    _copyleft("GPL-3.0-only", "GNU General Public License 3"),
    _copyleft("GPL-3.0-or-later", "GNU General Public License 3 or later"),
    _copyleft("LGPL-2.1-or-later", "GNU Lesser General Public License 2.1 or later"),
    _copyleft("LGPL-3.0-or-later", "GNU Lesser General Public License 3 or later"),
    _copyleft("GFDL-1.1-or-later", "GNU Free Documentation License 1.1 or later"),
    _copyleft("GFDL-1.2-or-later", "GNU Free Documentation License 1.2 or later"),
    _copyleft("GFDL-1.3-or-later", "GNU Free Documentation License 1.3 or later"),
    _copyleft("MPL-1.1", "Mozilla Public License 1.1"),
    _copyleft("MPL-2.0", "Mozilla Public License 2.0"),
    _copyleft("ODbL-1.0", "Open Database License 1.0"),
    Licence(
        id="LicenseRef-NLM-PubMed-Terms",
        title="Terms of the National Library of Medicine for PubMed records",
        attribution="source",
        share_alike=False,
        commercial=True,
        weights_public=True,
        basis="NLM claims no copyright in the records and asks to be named; records that carry a "
        "publisher's notice are LicenseRef-Publisher-Copyright (our reading)",
    ),
    _reserved(
        "LicenseRef-Publisher-Copyright",
        "All rights reserved by the publisher or the authors",
        "the record's own copyright notice",
    ),
    Licence(
        id="LicenseRef-HPO",
        title="Licence of the Human Phenotype Ontology",
        attribution="source",
        share_alike=False,
        commercial=True,
        weights_public=True,
        basis="human-phenotype-ontology.github.io/license: free use, the project and the release "
        "are named, the content is not altered",
    ),
    Licence(
        id="LicenseRef-WordNet-3.0",
        title="WordNet 3.0 licence",
        attribution="source",
        share_alike=False,
        commercial=True,
        weights_public=True,
        basis="wordnet.princeton.edu/license-and-commercial-use: free use with the notice kept",
    ),
    Licence(
        id="LicenseRef-JM-Project",
        title="Licences of the manual pages that the JM Project translated",
        attribution="source",
        share_alike=True,
        commercial=True,
        weights_public=True,
        basis="each page is under the free licence of its original, some with copyleft: read as "
        "the strictest of them (our reading)",
    ),
    _reserved(
        "LicenseRef-PMC-Stated",
        "An article's own terms, which are no licence we know",
        "the article's permissions",
    ),
    _reserved(
        "LicenseRef-Lee-Corpus",
        "News of the Lee background corpus",
        "no licence is stated with it; the text belongs to the broadcaster",
    ),
    _reserved(
        "LicenseRef-BBC",
        "News of the British Broadcasting Corporation",
        "no licence is stated with it; the text belongs to the broadcaster",
    ),
    _reserved(
        "LicenseRef-OpenWebText",
        "Web pages of OpenWebText",
        "the collection claims no right in the pages; they belong to their authors",
    ),
    Licence(
        id="LicenseRef-User-Provided",
        title="Provided by the owner of the installation",
        attribution="none",
        share_alike=False,
        commercial=False,
        weights_public=False,
        basis="whoever drops the file answers for it; a record that states its own licence is "
        "judged by that one (our choice)",
    ),
)

LICENCES: Mapping[str, Licence] = {entry.id: entry for entry in _TABLE}
"""Identifier -> licence."""
