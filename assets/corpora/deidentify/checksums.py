"""Check digits of identifiers: pure arithmetic over ASCII digits and letters.

Each returns whether the number is well formed; none says whether it was ever issued.
"""

from __future__ import annotations

_CN_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_VIN_WEIGHTS = (8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2)
_VIN_VALUES = dict(zip("ABCDEFGHJKLMNPRSTUVWXYZ", map(int, "12345678123457923456789"), strict=True))


def luhn(digits: str) -> bool:
    """ISO/IEC 7812-1, annex B: payment cards, and NPI after the prefix 80840."""
    if not _is_digits(digits):
        return False
    doubled = (2 * int(d) for d in digits[-2::-2])
    return (sum(map(int, digits[-1::-2])) + sum(d - 9 if d > 9 else d for d in doubled)) % 10 == 0


def npi(digits: str) -> bool:
    """National Provider Identifier: 45 CFR 162.406, Luhn over 80840 and ten digits."""
    return len(digits) == 10 and digits[0] in "12" and luhn("80840" + digits)


def dea(code: str) -> bool:
    """DEA registration: two letters (or a letter and a 9), six digits and their check digit."""
    letters, digits = code[:2].upper(), code[2:]
    if len(code) != 9 or not _is_digits(digits) or not letters[0].isalpha():
        return False
    d = [int(x) for x in digits]
    return (d[0] + d[2] + d[4] + 2 * (d[1] + d[3] + d[5])) % 10 == d[6]


def nhs(digits: str) -> bool:
    """NHS number (England and Wales): ten digits, modulus 11."""
    if len(digits) != 10 or not _is_digits(digits):
        return False
    check = 11 - sum((10 - i) * int(d) for i, d in enumerate(digits[:9])) % 11
    return check != 10 and check % 11 == int(digits[9])


def cn_resident_id(code: str) -> bool:
    """GB 11643-1999: 17 digits and a check character of ISO 7064 MOD 11-2."""
    if len(code) != 18 or not _is_digits(code[:17]):
        return False
    total = sum(w * int(d) for w, d in zip(_CN_WEIGHTS, code, strict=False))
    return "10X98765432"[total % 11] == code[17].upper()


def my_number(digits: str) -> bool:
    """Japanese Individual Number: twelve digits, modulus 11 (Ordinance 85 of 2014, article 5)."""
    if len(digits) != 12 or not _is_digits(digits):
        return False
    weights = (6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2)
    rest = sum(w * int(d) for w, d in zip(weights, digits, strict=False)) % 11
    return (0 if rest <= 1 else 11 - rest) == int(digits[11])


def iban(code: str) -> bool:
    """ISO 13616: the rearranged number is 1 modulo 97."""
    code = code.replace(" ", "").upper()
    if not 15 <= len(code) <= 34 or not (code.isascii() and code.isalnum()):
        return False
    return int("".join(str(int(c, 36)) for c in code[4:] + code[:4])) % 97 == 1


def vin(code: str) -> bool:
    """49 CFR 565.15: seventeen characters, check digit at the ninth."""
    code = code.upper()
    values = [int(c) if c in "0123456789" else _VIN_VALUES.get(c, -1) for c in code]
    if len(code) != 17 or min(values) < 0:
        return False
    return "0123456789X"[sum(map(int.__mul__, values, _VIN_WEIGHTS)) % 11] == code[8]


def _is_digits(text: str) -> bool:
    return text.isascii() and text.isdigit()
