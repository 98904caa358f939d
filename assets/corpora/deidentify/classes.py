"""The 18 classes of 45 CFR 164.514(b)(2)(i), and the placeholder that stands for each.

Names and numbers only; what belongs to a class is found by the rules.
"""

from __future__ import annotations

NAME = "name"
GEOGRAPHY = "geography"
DATE = "date"
PHONE = "phone"
FAX = "fax"
EMAIL = "email"
SSN = "ssn"
MRN = "mrn"
HEALTH_PLAN = "health_plan"
ACCOUNT = "account"
LICENCE = "licence"
VEHICLE = "vehicle"
DEVICE = "device"
URL = "url"
IP = "ip"
BIOMETRIC = "biometric"
PHOTO = "photo"
OTHER = "other"

PLACEHOLDERS = {
    NAME: "[NAME]",
    GEOGRAPHY: "[LOCATION]",
    DATE: "[DATE]",
    PHONE: "[PHONE]",
    FAX: "[FAX]",
    EMAIL: "[EMAIL]",
    SSN: "[SSN]",
    MRN: "[MRN]",
    HEALTH_PLAN: "[HEALTH_PLAN]",
    ACCOUNT: "[ACCOUNT]",
    LICENCE: "[LICENCE]",
    VEHICLE: "[VEHICLE]",
    DEVICE: "[DEVICE]",
    URL: "[URL]",
    IP: "[IP]",
    BIOMETRIC: "[BIOMETRIC]",
    PHOTO: "[PHOTO]",
    OTHER: "[ID]",
}
"""In the order of the regulation, (A) to (R). Dates keep a year as "[DATE 2019]", postal codes
three digits as "[ZIP 021]", and an age above 89 becomes "90 or older"."""

CLASSES = tuple(PLACEHOLDERS)

OLD_AGE = "90 or older"
MAX_AGE_KEPT = 89
"""45 CFR 164.514(b)(2)(i)(C): ages over 89 are aggregated into one category."""

FIRST_YEAR_KEPT = 1937
"""Dates of an earlier year lose it: whoever was born then is over 89 in 2026, and the rule takes
"all elements of dates (including year) indicative of such age". Our choice of a fixed year, so
that the same text is masked the same way on every day."""

_RESTRICTED = "036 059 063 102 203 556 692 790 821 823 830 831 878 879 884 890 893"
RESTRICTED_ZIP3 = frozenset(_RESTRICTED.split())
"""Areas of 20,000 people or fewer by the 2000 Census, as listed in the HHS "Guidance Regarding
Methods for De-identification of Protected Health Information" (2012), section 3.5: become 000."""
