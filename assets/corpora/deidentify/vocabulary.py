"""Every word the scan knows: names, ordinary words, and the cues that rules begin at.

Words are lower-case bytes; the hash table over them is built once in a process.
"""

from __future__ import annotations

import functools

import numpy as np
import numpy.typing as npt

from assets.corpora.deidentify import kinds
from assets.corpora.deidentify.lists import (
    eponyms,
    family_names_a_k,
    family_names_l_z,
    given_names,
    ordinary_words_a_k,
    ordinary_words_l_z,
    places,
)

CUES = {
    kinds.TITLE: "dr drs doctor mr mrs ms miss mx prof professor sir madam rev sr sra herr frau "
    "monsieur nurse sister judge officer rabbi pastor imam detective sergeant captain",
    kinds.NAME_LABEL: "name patient pt attending provider physician surgeon resident fellow "
    "consultant radiologist pathologist anesthesiologist clinician therapist dictator author "
    "family given surname forename firstname lastname guarantor insured nok kin guardian contact "
    "proxy interpreter transcriptionist caregiver pcp gp doctor client subject employer display "
    "holder owner user requester ordering performer reviewer verifier witness operator emergency",
    kinds.NAME_CUE: "by dear cc re mother father wife husband son daughter brother sister spouse "
    "partner aunt uncle cousin niece nephew friend neighbour neighbor grandson granddaughter "
    "grandmother grandfather fiance fiancee named called with to via sincerely regards "
    "faithfully truly "
    "signed thanks",
    kinds.CREDENTIAL: "md do rn np pa phd facs mbbs pharmd dds dmd dpm lpn lcsw msn bsn aprn crna "
    "facc frcp mrcp frcs mph psyd lmft cnm dnp facp frcpc fnp",
    kinds.MONTH: "january february march april may june july august september october november "
    "december jan feb mar apr jun jul aug sep sept oct nov dec",
    kinds.STREET: "street st avenue ave road rd boulevard blvd lane ln drive court ct circle "
    "place pl square terrace parkway pkwy highway hwy way trail crescent close row plaza alley "
    "expressway turnpike loop gardens grove hill mews strasse rue calle via route",
    kinds.COUNTY: "county precinct parish township borough ward district village shire prefecture "
    "province canton",
    kinds.STATE: "alabama alaska arizona arkansas california colorado connecticut delaware florida "
    "georgia hawaii idaho illinois indiana iowa kansas kentucky louisiana maine maryland "
    "massachusetts michigan minnesota mississippi missouri montana nebraska nevada ohio oklahoma "
    "oregon pennsylvania tennessee texas utah vermont virginia washington wisconsin wyoming new "
    "north south west rhode puerto guam al ak az ar ca co ct de fl ga hi id il in ia ks ky la me "
    "ma mi mn mo mt ne nv nh nj nm ny nc nd oh ok or ri sc sd tn tx ut vt va wa wv wi wy dc pr",
    kinds.PLACE_CUE: "lives living lived grew resides residing resided moved hometown "
    "address city town "
    "zip zipcode postal postalcode postcode born raised native relocated commutes line addr "
    "birthplace suburb locality visiting travelled traveled residence",
    kinds.FACILITY: "hospital clinic infirmary hospice university college institute centre center "
    "school church sanatorium",
    kinds.ID_LABEL: "mrn record chart emr uhid member subscriber beneficiary policy "
    "medicare medicaid hicn mbi insurance plan group payer account acct billing invoice bank iban "
    "card license licence lic certificate cert dea npi passport driver drivers vin plate vehicle "
    "registration serial sn udi device implant pacemaker imei mac lot accession specimen encounter "
    "visit case order requisition confirmation ticket barcode nhs uuid employee badge study "
    "subject "
    "participant ssn social ss sample request reference ref file folder claim prescription rx "
    "token tracking booking voucher identifier id tag username login handle twitter instagram "
    "facebook skype wechat student donor generator hosp unit job reg ser stent no number n",
    kinds.PHONE_LABEL: "phone tel telephone telephones mobile cell pager beeper fax facsimile call "
    "ph hotline landline telefax",
    kinds.AGE_CUE: "ninety hundred nonagenarian centenarian",
    kinds.WEB: "www",
    kinds.TOP_DOMAIN: "com org net edu gov io info biz health clinic uk jp cn eu nhs",
    kinds.IMAGE_FILE: "jpg jpeg png tif tiff bmp gif heic webp dcm raw",
    kinds.DATA_URI: "data",
    kinds.BIOMETRIC: "fingerprint fingerprints retina retinal iris voiceprint biometric biometrics "
    "faceprint facial palmprint thumbprint handprint gait voice palm",
    kinds.SEGMENT: "pid nk in gt pv obr orc mrg",
    kinds.BOX: "box",
}  # fmt: skip
"""English cues; a word stands under one kind, the later one in this table."""

_CJK_LABELS = (
    "\u59d3\u540d \u60a3\u8005 \u75c5\u4eba \u6c0f\u540d \u8054\u7cfb \u533b\u5e08 \u533b\u751f "
    "\u5730\u5740 \u4f4f\u5740 \u4f4f\u6240 \u7535\u8bdd \u624b\u673a \u96fb\u8a71 \u643a\u5e2f "
    "\u4f20\u771f \u75c5\u5386 \u4f4f\u9662 \u95e8\u8bca \u8eab\u4efd \u793e\u4fdd \u533b\u4fdd "
    "\u8d26\u53f7 \u5361\u53f7 \u4fdd\u967a \u60a3\u8005 \u53e3\u5ea7 \u514d\u8a31 \u756a\u53f7 "
    "\u7f16\u53f7 \u5e8f\u5217 \u90ae\u7f16 \u90f5\u4fbf \u5bb6\u4f4f \u51fa\u751f \u4e3b\u6cbb "
    "\u62c5\u5f53 \u62c5\u5f53 \u7b7e\u540d \u7f72\u540d \u8bb0\u5f55 \u62a4\u7167 \u8f66\u724c "
    "\u5bb6\u5c5e \u5bb6\u65cf \u7236\u4eb2 \u6bcd\u4eb2 \u4e08\u592b \u59bb\u5b50 \u66f8\u53f7 "
    "\u5c45\u4f4f \u73fe\u4f4f \u7d4c\u7531 \u4e3b\u4efb \u5728\u4f4f \u7c4d\u8d2f \u90ae\u7bb1 "
    "\u5bb6\u4e2d \u533b\u5e2b \u7d39\u4ecb \u6240\u8f96 \u80ce\u76d1 \u8bc1\u53f7 \u53f7\u7801 "
    "\u8bbe\u5907 \u6a5f\u5668 \u88fd\u9020 \u6307\u7eb9 \u6307\u7d0b"
)
CJK_LABELS = _CJK_LABELS.split()
"""Two characters that begin a labelled field in Chinese or Japanese."""

_CJK_HONORIFICS = "\u5148\u751f \u5973\u58eb \u5c0f\u59d0 \u533b\u751f \u533b\u5e08 \u4e3b\u4efb \
\u6559\u6388 \u3055\u3093 \u533b\u5e2b \u6c0f\u306f \u62a4\u58eb \u540c\u5fd7 \u6c0f\u304c \
\u6c0f\u306e \u9662\u957f \u9662\u9577 \u770b\u8b77 \u3055\u307e"
CJK_HONORIFICS = _CJK_HONORIFICS.split()
CJK_HONORIFIC = "\u69d8"
"""Sama stands alone after a name."""
_CJK_PLACES = "\u5e02 \u7701 \u533a \u53bf \u770c \u533a \u753a \u6751 \u9547 \u8def \u9053"
CJK_PLACES = _CJK_PLACES.split()
"""City, province, district, county, prefecture, town, village, road: the end of a place name."""
_ERAS = "\u4ee4\u548c \u5e73\u6210 \u662d\u548c \u5927\u6b63 \u660e\u6cbb"
ERAS = _ERAS.split()

MIN_TABLE = 1 << 16
_FNV_OFFSET, _FNV_PRIME = 0xCBF29CE484222325, 0x100000001B3

U64 = npt.NDArray[np.uint64]
U32 = npt.NDArray[np.uint32]


@functools.cache
def word_flags() -> dict[bytes, int]:
    """Return flags and kind of every word, by its lower-case UTF-8 bytes."""
    found: dict[bytes, int] = {}
    families = family_names_a_k.WORDS + family_names_l_z.WORDS
    for text, flag in (
        (families, kinds.FAMILY),
        (given_names.WORDS, kinds.GIVEN),
        (ordinary_words_a_k.WORDS + ordinary_words_l_z.WORDS, kinds.ORDINARY),
        (eponyms.EPONYMS, kinds.EPONYM),
        (eponyms.HEADS, kinds.ORDINARY),
    ):
        for word in text.split():
            found[word.encode()] = found.get(word.encode(), 0) | flag
    # The kind is the low byte, so that a later one replaces an earlier one.
    cues = (
        {kinds.CITY: places.CITIES}
        | CUES
        | {
            kinds.CJK_LABEL: " ".join(CJK_LABELS),
            kinds.CJK_PLACE: " ".join(CJK_PLACES),
            kinds.CJK_HONORIFIC: " ".join((*CJK_HONORIFICS, CJK_HONORIFIC)),
            kinds.ERA: " ".join(ERAS),
        }
    )
    for kind, text in cues.items():
        for word in text.split():
            key = word.encode()
            found[key] = found.get(key, 0) & ~kinds.KIND_MASK | kind
    return found


@functools.cache
def hash_table() -> tuple[U64, U32]:
    """Return keys and values of an open-addressed table of the hashes of all words."""
    words = word_flags()
    size = MIN_TABLE
    while size < 2 * len(words):
        size *= 2
    keys, values = np.zeros(size, dtype=np.uint64), np.zeros(size, dtype=np.uint32)
    for word, flags in words.items():
        key = hash_of(word)
        slot = (key ^ (key >> 32)) & (size - 1)
        while keys[slot]:
            assert int(keys[slot]) != key, "two words share a 64-bit hash"
            slot = (slot + 1) & (size - 1)
        keys[slot], values[slot] = key, flags
    return keys, values


def hash_of(word: bytes) -> int:
    """Return the FNV-1a hash of a lower-case word, as the kernel computes it."""
    value = _FNV_OFFSET
    for byte in word:
        value = (value ^ byte) * _FNV_PRIME & 0xFFFFFFFFFFFFFFFF
    return value
