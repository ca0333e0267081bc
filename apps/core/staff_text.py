"""What the staff write: kept as it is read."""

from __future__ import annotations

import re
import unicodedata
from typing import Any

from django import forms

from apps.core.clean_text import LINE_BREAKS, clean_text

# No letters of any language; those that join two others in words and faces are.
UNSEEN = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u180e\u200b\u200e\u200f\u2060-\u2064\u3164\ufeff\uffa0]"
)


class StaffText(forms.CharField):
    """Text that a person of the staff writes and others read: a name, a reason, a message.

    What nobody sees is left out, and what turns around what stands behind it; in a field of one
    line a line break is a blank. What shows nothing was not filled in.
    """

    def to_python(self, value: Any) -> Any:
        text = super().to_python(value)
        if not isinstance(text, str):
            return text
        if not isinstance(self.widget, forms.Textarea):
            text = LINE_BREAKS.sub(" ", text).replace("\n", " ")
        seen = clean_text(UNSEEN.sub("", text), len(text))
        return seen if any(map(_is_shown, seen)) else self.empty_value


def _is_shown(letter: str) -> bool:
    return unicodedata.category(letter)[0] not in "CZ"
