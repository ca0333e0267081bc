"""A text of a report, or about one, as it may be kept and shown."""

from __future__ import annotations

import re

from apps.vault.masking import mask_msisdn

# Local forms have eight digits in half of our countries, in groups or not. Dates and amounts of
# eight digits and more are masked with them: what the line said is in its own columns. No number
# goes on in the next line of a text.
PHONE = re.compile(
    r"(?<![\w.-])(?:\+?[0-9]{8,15}|\+[0-9](?:[ .()-]{1,2}[0-9]|[0-9]){8,14}"
    r"|[0-9]{1,3}(?:[ \u00a0\u202f.-][0-9]{2,3}){3,4})(?![\w-])"
)

# Of the shortest that PHONE finds.
NUMBER_LENGTH_MIN = 8


def cleaned(text: str, length_max: int) -> str:
    """Without phone numbers and without what PostgreSQL cannot store."""
    # Longer than what is kept, so that no number is cut in two and escapes.
    text = without_numbers(text[: length_max + 32])
    if "\x00" in text or not text.isascii():
        text = text.replace("\x00", "\ufffd").encode("utf-8", "replace").decode()
    return text[:length_max]


def may_hold_number(text: str) -> bool:
    return PHONE.search(text) is not None


def without_numbers(text: str) -> str:
    return PHONE.sub(_masked, text)


def _masked(match: re.Match[str]) -> str:
    return mask_msisdn(re.sub(r"[^0-9]", "", match[0]))
