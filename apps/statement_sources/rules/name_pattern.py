"""The name of a provider's file, with the day in it: a few words in braces, no regular expression.

"momo_{year}{month}{day}_*.csv" fits "momo_20260727_0815.csv", of 27 July 2026.
"""

from __future__ import annotations

import re
from datetime import date, timedelta
from functools import lru_cache

from django.utils.translation import gettext as _

from apps.statement_sources.rules.refusals import SourceInvalid

# What each word stands for. A star is any text without a slash; it is asked for once only, so that
# no name takes long to compare.
WORDS = {
    "{year}": r"(?P<year>[0-9]{4})",
    "{yy}": r"(?P<yy>[0-9]{2})",
    "{month}": r"(?P<month>[0-9]{2})",
    "{day}": r"(?P<day>[0-9]{2})",
    "*": r"[^/]*",
}
SPLIT = re.compile(r"(\{[^{}]*\}|\*)")
LENGTH_MAX = 120

# Written under such a name, a file is not complete: the usual programs' own.
PARTIAL_ENDINGS = (".part", ".partial", ".tmp", ".temp", ".filepart", ".swp", ".crdownload", "~")


def check_name_pattern(pattern: str) -> str:
    """The pattern. Raises SourceInvalid, saying which of its words is none."""
    pattern = pattern.strip()
    parts = SPLIT.split(pattern)
    words = parts[1::2]
    if not pattern or len(pattern) > LENGTH_MAX or "/" in pattern:
        raise SourceInvalid(
            _("A file name has 1 to 120 characters and no slash."), field="name_pattern"
        )
    for word in words:
        if word not in WORDS or words.count(word) > 1:
            raise SourceInvalid(
                _("%(word)s is no word of a file name, or stands there twice.") % {"word": word},
                field="name_pattern",
            )
    if "{" in "".join(parts[::2]) or "}" in "".join(parts[::2]):
        raise SourceInvalid(_("A brace is not closed."), field="name_pattern")
    named = {"{year}", "{yy}"} & set(words), {"{month}"} & set(words), {"{day}"} & set(words)
    if any(named) and not all(named):
        raise SourceInvalid(
            _("A day needs {day}, {month} and {year} or {yy}."), field="name_pattern"
        )
    if len(named[0]) == 2:
        raise SourceInvalid(_("Either {year} or {yy}."), field="name_pattern")
    return pattern


def is_partial(name: str) -> bool:
    """Whether a program writes to it under this name."""
    return name.startswith(".") or name.lower().endswith(PARTIAL_ENDINGS)


def fits(pattern: str, name: str) -> bool:
    return _compiled(pattern).fullmatch(name) is not None


def day_in_name(pattern: str, name: str, *, offset: int) -> date | None:
    """The day that a file of this name covers; None where the name tells none, or no such day.

    Args:
        offset: how many days the named day is after the covered one.
    """
    found = _compiled(pattern).fullmatch(name)
    if found is None or "day" not in found.groupdict():
        return None
    parts = found.groupdict()
    year = int(parts["year"]) if "year" in parts else 2000 + int(parts["yy"])
    try:
        return date(year, int(parts["month"]), int(parts["day"])) - timedelta(days=offset)
    except (ValueError, OverflowError):
        return None


@lru_cache(maxsize=256)
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile("".join(WORDS.get(part) or re.escape(part) for part in SPLIT.split(pattern)))
