"""ICD-10-CM categories, verbalised."""

from __future__ import annotations

from pathlib import Path

import pytest

from assets.corpora.readers.icd10cm import read_icd10cm
from assets.corpora.readers.record import Bad, Record
from assets.corpora.snapshot import resolve
from assets.corpora.sources import source

FIXTURE = """<ICD10CM.tabular><chapter><section id="A00-A09">
<desc>Intestinal diseases (A00-A09)</desc>
<diag><name>A00</name><desc>Cholera</desc>
 <excludes1><note>food poisoning (A05)</note><note>other (B99)</note></excludes1>
 <diag><name>A00.0</name><desc>Classical biovar</desc>
  <inclusionTerm><note>Classical cholera</note></inclusionTerm>
  <diag><name>A00.01</name><desc>Deep</desc>
   <diag><name>A00.01XA</name><desc>Deep, initial encounter</desc></diag>
  </diag>
 </diag></diag>
<diag><desc>No code</desc></diag>
</section></chapter></ICD10CM.tabular>"""


def test_a_category_tells_its_subcategories_and_notes(tmp_path: Path) -> None:
    path = tmp_path / "a.xml"
    path.write_text(FIXTURE)
    record, broken = read_icd10cm(path, "a.xml")
    assert isinstance(record, Record)
    assert (record.native_id, record.title) == ("A00", "Cholera")
    assert record.text.splitlines() == [
        "Cholera (ICD-10-CM category A00)",
        "Section: Intestinal diseases (A00-A09).",
        "Never coded together with: food poisoning (A05); other (B99).",
        "A00.0 Classical biovar.",
        "Also known as or including: Classical cholera.",
        "A00.01 Deep.",
    ]
    assert isinstance(broken, Bad)
    assert broken.reason == "no_code_or_title"


@pytest.mark.slow
def test_the_real_list_is_read_whole() -> None:
    path = next(iter(resolve(source("icd10cm"), Path("none")).paths.values()))
    items = list(read_icd10cm(path, "f"))
    records = {item.native_id: item for item in items if isinstance(item, Record)}
    assert len(items) == len(records) == 1918
    assert records["B06"].title == "Rubella [German measles]"
    assert "B06.01 Rubella encephalitis." in records["B06"].text
