from __future__ import annotations

import re
from collections.abc import Sequence
from difflib import SequenceMatcher

from django.utils.html import format_html
from django.utils.translation import gettext as _

NUMBER = re.compile(r"^\d+\. ")


def compared_lines(before: Sequence[str], after: Sequence[str]) -> list[str]:
    """What is asked for in words, beside what it replaces: a line that goes and one that comes are
    marked, as HTML that is safe to show. Without one before, nothing is marked.

    The number that a line begins with is not compared: it moves when one is put before it.
    """
    if not before:
        return list(after)
    matcher = SequenceMatcher(
        a=[NUMBER.sub("", line, count=1) for line in before],
        b=[NUMBER.sub("", line, count=1) for line in after],
        autojunk=False,
    )
    told: list[str] = []
    for what, i1, i2, j1, j2 in matcher.get_opcodes():
        if what == "equal":
            told += after[j1:j2]
            continue
        gone, new = _("until now:"), _("new:")
        told += [
            format_html("<strong>{}</strong> <del>{}</del>", gone, line) for line in before[i1:i2]
        ]
        told += [
            format_html("<strong>{}</strong> <ins>{}</ins>", new, line) for line in after[j1:j2]
        ]
    return told
