"""Tables with a header: a column called name or mrn makes all its cells names or numbers."""

from __future__ import annotations

from assets.corpora.deidentify.classes import (
    ACCOUNT,
    BIOMETRIC,
    DATE,
    DEVICE,
    EMAIL,
    FAX,
    GEOGRAPHY,
    HEALTH_PLAN,
    IP,
    LICENCE,
    MAX_AGE_KEPT,
    MRN,
    NAME,
    OLD_AGE,
    OTHER,
    PHONE,
    PHOTO,
    SSN,
    URL,
    VEHICLE,
)
from assets.corpora.deidentify.patterns import compiled
from assets.corpora.deidentify.spans import INDEX, Spans, date_span, span, zip_span

_COLUMNS = {
    NAME: "name patient patient_name first_name last_name firstname lastname given_name "
    "family_name "
    "surname forename full_name provider physician attending doctor contact next_of_kin guarantor "
    "mother father emergency_contact ordering_provider clinician nurse surgeon",
    GEOGRAPHY: "address street city town county addr home_address street_address location_city "
    "precinct",
    DATE: "dob birth_date date_of_birth birthdate admit_date admission_date discharge_date date "
    "visit_date service_date collected death_date dos admitted discharged",
    PHONE: "phone telephone tel mobile cell phone_number home_phone",
    FAX: "fax fax_number",
    EMAIL: "email e_mail email_address",
    SSN: "ssn social_security_number social_security",
    MRN: "mrn medical_record_number chart chart_no record_no record_number patient_id",
    HEALTH_PLAN: "member_id policy policy_number subscriber_id beneficiary beneficiary_id plan_id "
    "insurance_id medicare_id group_number insurance",
    ACCOUNT: "account acct account_number acct_no billing_account card_number",
    LICENCE: "license licence license_number driver_license dea npi licence_number certificate",
    VEHICLE: "vin plate license_plate vehicle",
    DEVICE: "device device_id serial serial_number udi device_serial",
    URL: "url website portal link",
    IP: "ip ip_address host",
    BIOMETRIC: "fingerprint biometric biometric_id voiceprint",
    PHOTO: "photo image picture photo_file image_file",
    OTHER: "id uuid accession encounter specimen specimen_id accession_number encounter_id "
    "passport national_id nhs_number study_id other_id",
}
_CLASS = {word.encode(): name for name, words in _COLUMNS.items() for word in words.split()}
_ZIPS = frozenset(b"zip zip_code zipcode postal_code postcode".split())
_AGES = frozenset((b"age",))
_LINE = compiled(rb"[^\n]{0,4000}+")
_YEAR = compiled(rb"(?:[^0-9]|[0-9]{1,2}[-/.]){0,8}?((?:18|19|20)[0-9]{2})(?![0-9]{5,7}(?![0-9]))")
_MIN_COLUMNS, _MIN_KNOWN = 3, 2


def table(data: bytes, pos: int, lo: int, hi: int) -> tuple[Spans, int]:
    """Read the header line at pos and the lines below with as many cells.

    Returns their spans and where reading ended: no other header begins before, so that every
    line is read once however many look like headers.
    """
    line = _LINE.match(data, pos, hi)
    assert line is not None
    mark = next((m for m in (b",", b"|", b"\t", b";") if line[0].count(m) >= _MIN_COLUMNS - 1), b"")
    if not mark:
        return [], pos
    heads = [_plain(cell) for cell in line[0].split(mark)]
    known = [_CLASS.get(head, "") for head in heads]
    if sum(map(bool, known)) < _MIN_KNOWN:
        return [], pos
    found, at = list[tuple[int, int, int, bytes]](), line.end() + 1
    while at < hi and (row := _LINE.match(data, at, hi)):
        cells = _cells(row[0], mark)
        if not row[0].strip(b"-|+: \t\r") and row[0]:
            at = row.end() + 1  # the rule under the header of a Markdown table
            continue
        if len(cells) != len(heads):
            break
        for (start, cell), head, name in zip(cells, heads, known, strict=True):
            found += _cell(at + start, cell, head, name)
        at = row.end() + 1
    return found, at


def _plain(cell: bytes) -> bytes:
    return cell.strip(b" \t\r\"'*").lower().replace(b" ", b"_").replace(b"-", b"_")


def _cells(line: bytes, mark: bytes) -> list[tuple[int, bytes]]:
    """Split a line at its mark, but not inside double quotes."""
    cells, start, quoted = list[tuple[int, bytes]](), 0, False
    sign = mark[0]
    for index, byte in enumerate(line):
        if byte == 0x22:
            quoted = not quoted
        elif byte == sign and not quoted:
            cells.append((start, line[start:index]))
            start = index + 1
    cells.append((start, line[start:]))
    return cells


def _cell(start: int, cell: bytes, head: bytes, name: str) -> Spans:
    text = cell.strip(b" \t\r\"'")
    begin = start + cell.find(text) if text else start
    end = begin + len(text)
    digits = sum(0x30 <= c <= 0x39 for c in text)
    if len(text) < 2 or text.startswith(b"[") or text == OLD_AGE.encode():
        return []
    if head in _ZIPS:
        return [zip_span(begin, end, text)] if digits >= 5 else []
    if head in _AGES:
        old = text.isdigit() and MAX_AGE_KEPT < int(text[:4]) < 126
        return [(begin, end, INDEX[DATE], OLD_AGE.encode())] if old else []
    if name == DATE:
        year = _YEAR.match(text)
        return [date_span(begin, end, year[1] if year else None)] if digits >= 3 else []
    if name in (NAME, GEOGRAPHY):
        return [] if text.isdigit() else [span(begin, end, name)]
    return [span(begin, end, name)] if name and digits >= 2 else []
