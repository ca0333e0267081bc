"""Why a line of a report could not be read, in the reader's language.

A connector knows no language: its words are kept as they are, and found again here. What a profile
of the platform's own refuses is a sentence already.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

# What a reader says, as a whole -> the sentence; its groups are the sentence's values.
PROBLEMS: Mapping[str, str | Promise] = {
    r"not named: (?P<names>.+)": _("columns missing from the heading: %(names)s"),
    "no heading to read it by": _("there is no heading to read it by"),
    "the line is too long": _("the line is too long"),
    "a zero byte": _("it holds a zero byte"),
    "a quote is out of place": _("a quotation mark is out of place"),
    r"(?P<found>\d+) cells instead of (?P<wanted>\d+)": _(
        "it has %(found)s cells instead of %(wanted)s"
    ),
    "no reference of either side": _("it has no reference of either side"),
    # --- A file of disputes
    r"(?P<column>.+?): no number of the case": _("%(column)s: no number of the case"),
    r"(?P<column>.+?): unknown reason (?P<word>.+)": _("%(column)s: unknown reason %(word)s"),
    # --- A report
    r"(?P<column>.+?): unknown status (?P<word>.+)": _("%(column)s: unknown status %(word)s"),
    r"(?P<column>.+?): named twice, and not the same": _(
        "%(column)s: stands twice, and not the same"
    ),
    r"(?P<column>.+?): not a currency: (?P<word>.+)": _("%(column)s: no currency: %(word)s"),
    r"(?P<column>.+?): a spreadsheet has cut it: (?P<word>.+)": _(
        "%(column)s: a spreadsheet has cut it: %(word)s"
    ),
    r"(?P<column>.+?): its letters cannot be read": _("%(column)s: its letters cannot be read"),
    r"(?P<column>.+?): not an amount: (?P<word>.+)": _("%(column)s: no amount: %(word)s"),
    r"(?P<column>.+?): a fraction below the smallest unit: (?P<word>.+)": _(
        "%(column)s: a fraction below the smallest unit: %(word)s"
    ),
    # Of lines read before amounts had decimals.
    r"(?P<column>.+?): a fraction of a franc: (?P<word>.+)": _(
        "%(column)s: a fraction of a franc: %(word)s"
    ),
    r"(?P<column>.+?): thousands or decimals\? (?P<word>.+)": _(
        "%(column)s: thousands or decimals? %(word)s"
    ),
    r"(?P<column>.+?): not a date: (?P<word>.+)": _("%(column)s: no date: %(word)s"),
    r"(?P<column>.+?): not in Orange's form": _("%(column)s: not in Orange’s form"),
    r"(?P<column>.+?): zero": _("%(column)s: zero"),
    # --- A provider's list of movements
    "no page of movements": _("it is no page of movements"),
    "text after a page": _("text after a page"),
    r"(?P<kind>\w+): money left the wallet for our bank": _(
        "%(kind)s: money left the wallet for our bank"
    ),
    r"(?P<kind>\w+): an earlier movement was undone": _("%(kind)s: an earlier movement was undone"),
    r"(?P<column>\w+): (?P<word>.+) is not known": _("%(column)s: %(word)s is not known"),
    r"(?P<column>\w+): of the other sign than its type": _(
        "%(column)s: of the other sign than its type"
    ),
    r"(?P<column>\w+): negative": _("%(column)s: negative"),
    r"(?P<column>\w+): not above its fee": _("%(column)s: not above its fee"),
    r"(?P<column>\w+): missing": _("%(column)s: missing"),
    r"(?P<column>\w+): not a whole number": _("%(column)s: no whole number"),
    r"(?P<column>\w+): not a time": _("%(column)s: no time"),
    r"(?P<column>\w+): without a zone": _("%(column)s: without a time zone"),
    "the amount is not a number": _("the amount is no number"),
    "the amount is not whole": _("the amount is not whole"),
    # --- Whoever read it: no row can hold it
    r"a reference has more than (?P<most>\d+) characters": _(
        "a reference has more than %(most)s characters"
    ),
    "a reference has a character that cannot be stored": _(
        "a reference has a character that cannot be stored"
    ),
    "the amount is out of range": _("the amount is out of range"),
    "the date is out of range": _("the date is out of range"),
    "the currency has not three letters": _("the currency has not three letters"),
    r"the outcome (?P<word>.+) has no place in a report": _(
        "the outcome %(word)s has no place in a report"
    ),
    "unreadable": _("it cannot be read"),
}
_PROBLEMS = [(re.compile(pattern, re.DOTALL), text) for pattern, text in PROBLEMS.items()]


def shown_problem(problem: str) -> str:
    """One that is not known stays as it is; "" too."""
    for pattern, sentence in _PROBLEMS:
        if found := pattern.fullmatch(problem):
            return str(sentence) % found.groupdict()
    return problem
