from __future__ import annotations

import re
from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminTextInputWidget

MONTH = re.compile(r"(20[0-9]{2})-(0[1-9]|1[0-2])", re.ASCII)


class MonthField(forms.CharField):
    """A month, as its first day."""

    def __init__(self, **given: Any) -> None:
        super().__init__(
            help_text=_("Year and month, as in 2026-01."),
            widget=UnfoldAdminTextInputWidget(attrs={"placeholder": "2026-01"}),
            **given,
        )

    def clean(self, value: Any) -> date:
        found = MONTH.fullmatch(super().clean(value))
        if not found:
            raise forms.ValidationError(_("Write it as 2026-01."))
        return date(int(found[1]), int(found[2]), 1)
