from __future__ import annotations

import re

from django import forms
from django.utils.translation import gettext_lazy as _

CODE = re.compile(r"[A-Z]{2}")


def read_country(text: str) -> str:
    """A country as figures have it; "" of none. What matches none would silently show nothing.

    Raises ValidationError.
    """
    code = text.strip().upper()
    if code and not CODE.fullmatch(code):
        raise forms.ValidationError(_("Write a country as two letters, such as CM."))
    return code
