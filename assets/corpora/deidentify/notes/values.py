"""Values of identifiers in many formats: one maker per kind, drawing from a seeded generator."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from random import Random

from assets.corpora.deidentify.notes import names

_MONTH_NAMES = (
    "January February March April May June July August September October November December"
)
_MONTHS = _MONTH_NAMES.split()
_STREETS = "Street St. Avenue Ave Road Rd. Boulevard Lane Drive Court Way Terrace"


@dataclass(frozen=True, kw_only=True)
class Person:
    """Who a note is about: names and birth stay the same within it."""

    given: str
    family: str
    initial: str
    birth_year: int
    birth_month: int
    birth_day: int


def person(random: Random) -> Person:
    """Draw a patient."""
    return Person(
        given=names.given_name(random),
        family=names.family_name(random),
        initial=random.choice("ABCDEFGHJKLMNPRSTW"),
        birth_year=random.randint(1921, 2015),
        birth_month=random.randint(1, 12),
        birth_day=random.randint(1, 28),
    )


def digits(random: Random, count: int) -> str:
    """Return a number of some digits that does not begin with 0 and does not end in 000."""
    return str(random.randint(1, 9)) + "".join(random.choices("0123456789", k=count - 2)) + "7"


def date(random: Random, year: int = 0, month: int = 0, day: int = 0) -> str:
    """Write a date in one of 20 formats."""
    y, m, d = (
        year or random.randint(1990, 2025),
        month or random.randint(1, 12),
        day or random.randint(1, 28),
    )
    name, short = _MONTHS[m - 1], _MONTHS[m - 1][:3]
    end = {1: "st", 2: "nd", 3: "rd"}.get(d % 10 if d not in (11, 12, 13) else 0, "th")
    return random.choice(
        (
            f"{y}-{m:02}-{d:02}", f"{m:02}/{d:02}/{y}", f"{m}/{d}/{y}", f"{m}/{d}/{y % 100:02}",
            f"{d:02}.{m:02}.{y}", f"{d}-{short}-{y}", f"{d:02}-{short.upper()}-{y}",
            f"{name} {d}, {y}", f"{name} {d}{end}, {y}", f"{d} {name} {y}", f"{short} {d}, {y}",
            f"{short}. {d}, {y}", f"the {d}{end} of {name}, {y}", f"{y}/{m:02}/{d:02}",
            f"{d}{end} {name} {y}", f"{name} {y}", f"{m:02}/{y}", f"{d} {short} '{y % 100:02}",
            f"{name} {d}{end}", f"{y}-{m:02}-{d:02}T08:{d:02}:00Z",
        )
    )  # fmt: skip


def phone(random: Random) -> str:
    """Write a telephone number in one of 12 formats."""
    a, b, n = random.randint(201, 989), random.randint(201, 989), random.randint(1000, 9999)
    return random.choice(
        (
            f"({a}) {b}-{n}", f"{a}-{b}-{n}", f"{a}.{b}.{n}", f"{a} {b} {n}", f"+1 {a} {b} {n}",
            f"+1-{a}-{b}-{n}", f"1-{a}-{b}-{n}", f"({a}){b}-{n}", f"{a}-{b}-{n} x{n % 1000 + 1}",
            f"({a}) {b}-{n} ext. {n % 900 + 12}", f"+44 20 7{b} {n}", f"{a}/{b}-{n}",
        )
    )  # fmt: skip


def street(random: Random) -> str:
    """Write a house and street, some with a flat."""
    kind = random.choice(_STREETS.split())
    flat = random.choice(("", "", "", ", Apt 4B", " Unit 12", ", Suite 300", " #7"))
    return f"{random.randint(2, 9899)} {names.street_words(random)} {kind}{flat}"


def email(random: Random, who: Person) -> str:
    host = random.choice(
        ("quillmail.example", "post.alderhealth.org", "uni-wexmoor.edu", "mx.example.co.uk")
    )
    given, family = who.given.lower(), "".join(x for x in who.family.lower() if x.isalpha())
    return random.choice(
        (f"{given}.{family}@{host}", f"{given[0]}{family}{random.randint(1, 99)}@{host}")
    )


def mrn(random: Random) -> str:
    n = digits(random, 8)
    return random.choice(
        (
            n[:7],
            n,
            f"{n[:2]}-{n[2:4]}-{n[4:6]}",
            f"A{n[:6]}",
            f"MR-{n}",
            f"00{n[:6]}",
            f"{n[:4]}-{n[4:]}",
        )
    )


def plan_number(random: Random) -> str:
    n = digits(random, 9)
    return random.choice(
        (
            n,
            f"XYZ{n}",
            f"{n[:3]}-{n[3:6]}-{n[6:]}A",
            f"1EG4-TE5-MK{n[:2]}",
            f"W{n[:8]} 01",
            f"H{n[:4]}-{n[4:7]}",
        )
    )


def account(random: Random) -> str:
    n = digits(random, 12)
    card = "4" + digits(random, 14)
    card += next(x for x in "0123456789" if _luhn_total(card + x) % 10 == 0)
    spaced = " ".join(card[i : i + 4] for i in range(0, 16, 4))
    return random.choice((n[:8], n, f"AC-{n[:7]}", f"{n[:4]}-{n[4:8]}-{n[8:]}", spaced))


def licence(random: Random) -> str:
    n = digits(random, 8)
    return random.choice(
        (
            f"D{n[:7]}",
            f"MD{n[:6]}",
            f"{n[:7]}",
            f"S{n[:3]}-{n[3:6]}-{n[6:]}",
            f"RN-{n[:6]}",
            f"A {n[:7]}",
        )
    )


def vin(random: Random) -> str:
    body = [random.choice("ABCDEFGHJKLMNPRSTUVWXYZ0123456789") for _ in range(17)]
    value = {x: i % 9 + 1 for i, x in enumerate("ABCDEFGH")}
    value |= dict(zip("JKLMN", range(1, 6), strict=True)) | {"P": 7, "R": 9}
    value |= dict(zip("STUVWXYZ", range(2, 10), strict=True)) | {x: int(x) for x in "0123456789"}
    weights = (8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2)
    body[8] = "0123456789X"[sum(w * value[x] for w, x in zip(weights, body, strict=True)) % 11]
    return "".join(body)


def plate(random: Random) -> str:
    letters = "".join(random.choices("ABCDEFGHKLMNPRSTVXYZ", k=3))
    return random.choice(
        (
            f"{letters}-{random.randint(1000, 9999)}",
            f"{random.randint(1, 9)}{letters}{random.randint(100, 999)}",
            f"{letters} {random.randint(100, 999)}",
        )
    )


def device(random: Random) -> str:
    n = digits(random, 10)
    return random.choice(
        (
            f"SN{n}",
            f"PJN{n[:6]}H",
            f"(01)00643169{n[:6]}(21){n[:8]}",
            n,
            f"{n[:4]}-{n[4:7]}-{n[7:]}",
            f"BLC{n[:6]}",
        )
    )


def url(random: Random) -> str:
    n = random.randint(10, 99999)
    return random.choice((
        f"https://portal.alderhealth.org/patients/{n}", f"http://www.wexmoor.example/p?id={n}",
        f"www.quillclinic.com/results/{n}", f"https://10-{n}.cloud.example:8443/x#a",
        f"myrecords.alderhealth.net/u/{n}",
    ))  # fmt: skip


def ip(random: Random) -> str:
    a = [random.randint(1, 254) for _ in range(4)]
    return random.choice((
        f"{a[0]}.{a[1]}.{a[2]}.{a[3]}", f"192.168.{a[0]}.{a[1]}",
        f"2001:db8:85a3::8a2e:{a[0]:x}:{a[1]:x}",
        f"fe80::{a[0]:x}:{a[1]}", f"2001:0db8:0000:0042:0000:8a2e:0370:{a[0]:04x}",
    ))  # fmt: skip


def biometric(random: Random) -> str:
    n = digits(random, 7)
    return random.choice((f"FP-{n}", f"BIO{n}", f"{n[:3]}-{n[3:]}", f"7f{n}c1", f"VP_{n}"))


def photo(random: Random) -> str:
    n = random.randint(1, 9999)
    blob = base64.b64encode(bytes(random.randrange(256) for _ in range(150))).decode()
    return random.choice((
        f"IMG_{n:04}.jpg", f"face-{n}.png", f"/media/photos/pt{n}/front.jpeg", f"scan{n}.TIFF",
        f"data:image/jpeg;base64,{blob}", f"portrait_{n}.heic",
    ))  # fmt: skip


def other(random: Random) -> str:
    n = digits(random, 9)
    nhs = "9" + digits(random, 8)
    check = 11 - sum((10 - i) * int(x) for i, x in enumerate(nhs)) % 11
    nhs = f"{nhs[:3]} {nhs[3:6]} {nhs[6:]}{check % 11}" if check != 10 else n
    hexes = "".join(random.choices("0123456789abcdef", k=32))
    uuid = "-".join((hexes[:8], hexes[8:12], hexes[12:16], hexes[16:20], hexes[20:]))
    return random.choice((uuid, nhs, f"S{n[:2]}-{n[2:7]}", f"P{n[:8]}", f"ACC{n}", n))


def ssn(random: Random) -> str:
    n = digits(random, 9)
    return random.choice(
        (f"{n[:3]}-{n[3:5]}-{n[5:]}", f"{n[:3]} {n[3:5]} {n[5:]}", n, f"{n[:3]}.{n[3:5]}.{n[5:]}")
    )


def old_age(random: Random) -> str:
    n = random.randint(90, 107)
    return random.choice(
        (f"{n}-year-old", f"{n} year old", f"{n} y/o", f"{n} yo", f"{n} years of age", f"{n}yo")
    )


def cn_id(random: Random, who: Person) -> str:
    body = f"110105{who.birth_year}{who.birth_month:02}{who.birth_day:02}{random.randint(100, 999)}"
    total = sum(int(x) * (2 ** (17 - i) % 11) for i, x in enumerate(body))
    return body + "10X98765432"[total % 11]


def _luhn_total(number: str) -> int:
    doubled = [int(x) * (2 if i % 2 else 1) for i, x in enumerate(reversed(number))]
    return sum(x - 9 if x > 9 else x for x in doubled)
