"""The kinds of things that a layout asks for: identifiers with their class, and what stays."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from assets.corpora.deidentify import classes as c
from assets.corpora.deidentify.notes import names, values

_STATES = ("OR", "NH", "VT", "KS", "MT", "IA", "TN", "WV")

Maker = Callable[[Random, values.Person], str]

MAKERS: dict[str, tuple[str, Maker]] = {
    "patient": (c.NAME, lambda r, p: f"{p.given} {p.family}"),
    "patient_initial": (c.NAME, lambda r, p: f"{p.given} {p.initial}. {p.family}"),
    "last_first": (c.NAME, lambda r, p: f"{p.family}, {p.given}"),
    "given": (c.NAME, lambda r, p: p.given),
    "family": (c.NAME, lambda r, p: p.family),
    "other_given": (c.NAME, lambda r, p: names.given_name(r)),
    "doctor": (c.NAME, lambda r, p: f"{names.given_name(r)} {names.family_name(r)}"),
    "doctor_family": (c.NAME, lambda r, p: names.family_name(r)),
    "street": (c.GEOGRAPHY, lambda r, p: values.street(r)),
    "town": (c.GEOGRAPHY, lambda r, p: names.town(r)),
    "county": (c.GEOGRAPHY, lambda r, p: f"{names.town(r)} County"),
    "precinct": (c.GEOGRAPHY, lambda r, p: f"Precinct {r.randint(2, 60)}"),
    "zip": (
        c.GEOGRAPHY,
        lambda r, p: r.choice(
            (f"{r.randint(10000, 98999)}", f"{r.randint(10000, 98999)}-{r.randint(1000, 9999)}")
        ),
    ),
    "date": (c.DATE, lambda r, p: values.date(r)),
    "birth": (c.DATE, lambda r, p: values.date(r, p.birth_year, p.birth_month, p.birth_day)),
    "iso_birth": (c.DATE, lambda r, p: f"{p.birth_year}-{p.birth_month:02}-{p.birth_day:02}"),
    "hl7_birth": (c.DATE, lambda r, p: f"{p.birth_year}{p.birth_month:02}{p.birth_day:02}"),
    "hl7_time": (
        c.DATE,
        lambda r, p: (
            f"20{r.randint(10, 25)}{r.randint(1, 12):02}{r.randint(1, 28):02}"
            f"{r.randint(8, 18):02}3000"
        ),
    ),
    "zh_date": (
        c.DATE,
        lambda r, p: (
            f"{r.randint(1990, 2025)}\u5e74{r.randint(1, 12)}\u6708{r.randint(1, 28)}\u65e5"
        ),
    ),
    "ja_date": (
        c.DATE,
        lambda r, p: (
            f"\u4ee4\u548c{r.randint(1, 7)}\u5e74{r.randint(1, 12)}\u6708{r.randint(1, 28)}\u65e5"
        ),
    ),
    "month_day": (c.DATE, lambda r, p: f"{r.randint(1, 12)}/{r.randint(1, 28)}"),
    "old_age": (c.DATE, lambda r, p: values.old_age(r)),
    "zh_age": (c.DATE, lambda r, p: f"{r.randint(90, 104)}\u5c81"),
    "ja_age": (c.DATE, lambda r, p: f"{r.randint(90, 104)}\u6b73"),
    "phone": (c.PHONE, lambda r, p: values.phone(r)),
    "zh_phone": (
        c.PHONE,
        lambda r, p: r.choice((f"139{values.digits(r, 8)}", f"010-{values.digits(r, 8)}")),
    ),
    "ja_phone": (
        c.PHONE,
        lambda r, p: r.choice(
            (
                f"03-{values.digits(r, 4)}-{values.digits(r, 4)}",
                f"090-{values.digits(r, 4)}-{values.digits(r, 4)}",
            )
        ),
    ),
    "fax": (c.FAX, lambda r, p: values.phone(r)),
    "email": (c.EMAIL, values.email),
    "ssn": (c.SSN, lambda r, p: values.ssn(r)),
    "mrn": (c.MRN, lambda r, p: values.mrn(r)),
    "plan": (c.HEALTH_PLAN, lambda r, p: values.plan_number(r)),
    "account": (c.ACCOUNT, lambda r, p: values.account(r)),
    "licence": (c.LICENCE, lambda r, p: values.licence(r)),
    "vin": (c.VEHICLE, lambda r, p: values.vin(r)),
    "plate": (c.VEHICLE, lambda r, p: values.plate(r)),
    "device": (c.DEVICE, lambda r, p: values.device(r)),
    "url": (c.URL, lambda r, p: values.url(r)),
    "ip": (c.IP, lambda r, p: values.ip(r)),
    "biometric": (c.BIOMETRIC, lambda r, p: values.biometric(r)),
    "photo": (c.PHOTO, lambda r, p: values.photo(r)),
    "other": (c.OTHER, lambda r, p: values.other(r)),
    "zh_name": (c.NAME, lambda r, p: r.choice(names.ZH_FAMILY) + r.choice(names.ZH_GIVEN)),
    "ja_name": (c.NAME, lambda r, p: f"{r.choice(names.JA_FAMILY)} {r.choice(names.JA_GIVEN)}"),
    "ja_family": (c.NAME, lambda r, p: r.choice(names.JA_FAMILY)),
    "zh_town": (
        c.GEOGRAPHY,
        lambda r, p: r.choice(names.ZH_TOWNS) + f"\u65b0\u6865\u8def{r.randint(2, 99)}\u53f7",
    ),
    "ja_town": (
        c.GEOGRAPHY,
        lambda r, p: r.choice(names.JA_TOWNS) + f"\u7dd1\u753a{r.randint(1, 9)}-{r.randint(1, 30)}",
    ),
    "zh_id": (c.OTHER, lambda r, p: values.cn_id(r, p)),
}
"""Kind in a layout -> its class, and how a value is made."""
KEPT: dict[str, Maker] = {
    "state": lambda r, p: r.choice(_STATES),
    "age": lambda r, p: str(r.randint(18, 89)),
    "year": lambda r, p: str(r.randint(1990, 2025)),
    "n": lambda r, p: str(r.randint(2, 89)),
}
"""What a layout varies and nobody has to mask."""
