"""What the library says of every prefix of our countries, as text.

    python -m apps.providers.tests.number_plan > apps/providers/tests/number_plan.txt

Compare before you commit: a changed line sends somebody's payments another way.
"""

from __future__ import annotations

import sys
from itertools import groupby

import phonenumbers
from phonenumbers import carrier

# National digits, and how many of them make a prefix. Source: protocols, phone-numbering section 1.
COUNTRIES = {
    "CM": (9, 3),
    "CI": (10, 2),
    "SN": (9, 3),
    "ML": (8, 2),
    "BF": (8, 2),
    "BJ": (10, 4),
    "NE": (8, 2),
    "TG": (8, 2),
    "GN": (9, 2),
    "CG": (9, 3),
    "GA": (8, 2),
    "GH": (9, 3),
    "NG": (10, 4),
    "UG": (9, 3),
    "RW": (9, 2),
    "MG": (9, 2),
    "TD": (8, 2),
    "CD": (9, 2),
    "CF": (8, 2),
    "GW": (9, 3),
    "GQ": (9, 3),
}
PROBES = ("000000000", "123456789", "987654321")


def number_plan() -> str:
    """Lines "country first-last name", without the prefixes of no valid number.

    "-" is valid without a name; where probes disagree all answers show, "!" for an invalid one.
    """
    lines = []
    for country, (length, prefix_length) in COUNTRIES.items():
        prefixes = [f"{number:0{prefix_length}}" for number in range(10**prefix_length)]
        answers = [(prefix, _answer(country, prefix, length)) for prefix in prefixes]
        for answer, run in groupby(answers, key=lambda pair: pair[1]):
            run_prefixes = [prefix for prefix, _ in run]
            if answer != "!":
                lines.append(f"{country} {run_prefixes[0]}-{run_prefixes[-1]} {answer}\n")
    return "".join(lines)


def _answer(country: str, prefix: str, length: int) -> str:
    names = []
    for probe in PROBES:
        code = phonenumbers.country_code_for_region(country)
        text = f"+{code}{prefix}{probe[: length - len(prefix)]}"
        number = phonenumbers.parse(text)
        name = "!"
        # Gabon's trunk zero is dropped by the library: only its own digits count as a prefix.
        kept = phonenumbers.national_significant_number(number).startswith(prefix)
        if kept and phonenumbers.is_valid_number(number):
            name = carrier.name_for_number(number, "en") or "-"
        if name not in names:
            names.append(name)
    return " | ".join(names)


if __name__ == "__main__":
    sys.stdout.write(number_plan())
