"""Other people's text (a provider's answer, a callback) as a screen may show it."""

from __future__ import annotations

import re
from collections.abc import Collection

from django.http import QueryDict

from apps.core.clean_text import clean_text
from apps.core.storable_text import storable_text
from apps.vault.log_redaction import FINDINGS
from apps.vault.masking import mask_msisdn

FILTERS_MAX, FILTER_NAME_LENGTH_MAX, FILTER_LENGTH_MAX = 30, 60, 200
# Fewer of a number's last digits would also be found in amounts and dates.
DIGITS_KNOWN_BY = 8

# A local number as people write it, in groups; a long amount has fewer.
GROUPED = re.compile(r"(?<![\d-])\d{1,3}(?:[ \u00a0\u202f-]\d{2,3}){3,4}(?![\d-])")

# A moment in digits alone, as in the names of files: the year first, to the minute or second.
MOMENT = re.compile(
    r"20\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])(?:[01]\d|2[0-3])[0-5]\d(?:[0-5]\d)?"
)


def mask_text(text: str, *, msisdn: str = "", keep: Collection[str] = ()) -> str:
    """Text with its phone numbers and secrets hidden; rather one number too many than one too few.

    Args:
        msisdn: E.164 digits of a number known to be in there: also found in its local forms.
        keep: digit runs that are no phone, e.g. the provider's reference.
    """
    if len(msisdn) >= DIGITS_KNOWN_BY:
        text = _every_writing(msisdn).sub(mask_msisdn(msisdn), text)

    def hide(match: re.Match[str]) -> str:
        if match["secret_head"] is not None:
            return f"{match['secret_head']}…"
        if match["phone"] is None or match[0] in keep:
            return match[0]
        return mask_msisdn(_digits(match[0]))

    return GROUPED.sub(lambda match: mask_msisdn(_digits(match[0])), FINDINGS.sub(hide, text))


def kept_text(text: str, length_max: int) -> str:
    """What somebody said, fit to be kept for ever: numbers hidden, and no longer than this. A
    number may be longer hidden than it was."""
    return mask_text(storable_text(text.strip(), 2 * length_max))[:length_max]


def kept_file_name(name: str, length_max: int) -> str:
    """A file's name, fit to be kept for ever: whoever names a file may name it by a payer's number.
    A day or a moment written in digits stays, and so does the ending."""
    keep = {one for one in re.findall(r"\d+", name) if MOMENT.fullmatch(one)}
    said = mask_text(storable_text(name.strip(), 2 * length_max), keep=keep)
    stem, dot, ending = said.rpartition(".")
    if dot and len(ending) <= 10:
        return f"{stem[: length_max - len(ending) - 1]}.{ending}"
    return said[:length_max]


def kept_filters(query: QueryDict) -> dict[str, str]:
    """What a page was asked for, fit for the audit trail: whoever searches may search for a
    payer's number."""
    return {
        kept_text(name, FILTER_NAME_LENGTH_MAX): kept_text(", ".join(values), FILTER_LENGTH_MAX)
        for name, values in list(query.lists())[:FILTERS_MAX]
    }


def reason_text(text: str, length_max: int) -> str:
    """Why somebody did something, fit to be kept for ever and shown to who decides: no number of a
    payer, nothing hidden, nothing that turns around what stands behind it. "" of what nobody can
    read, and of more than this."""
    if len(text := text.strip()) > 4 * length_max:
        return ""
    said = mask_text(clean_text(text, length_max + 1))
    is_read = any(map(str.isalnum, said))
    return said if is_read and len(said) <= length_max else ""


def _digits(text: str) -> str:
    return "".join(character for character in text if character.isdecimal())


def _every_writing(msisdn: str) -> re.Pattern[str]:
    head, tail = msisdn[:-DIGITS_KNOWN_BY], msisdn[-DIGITS_KNOWN_BY:]
    gap = r"[\s.()/-]{0,2}"
    before = "".join(f"(?:{digit}{gap})?" for digit in head)
    return re.compile(rf"(?<!\d)(?:\+|00)?0?{before}{gap.join(tail)}(?!\d)")
