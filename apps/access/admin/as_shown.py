from __future__ import annotations

import json
from typing import Any

from django import forms
from django.http import QueryDict

from apps.access.rules.staff_rights import RightsChanged
from apps.approvals.admin.asking import ReasonForm


class AsShown(ReasonForm):
    """What the page showed comes back with it: a form that was left open undoes nothing."""

    before = forms.CharField(required=False, max_length=20_000, widget=forms.HiddenInput)

    def __init__(self, *given: Any, shown: Any, **named: Any) -> None:
        self.shown = json.dumps(shown)
        initial = {**named.pop("initial", {}), "before": self.shown}
        super().__init__(*given, **{**named, "initial": initial})
        if self.is_bound:
            # Who only takes gives no reason.
            self.fields["reason"].required = False

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        if data.get("before") not in ("", None, self.shown):
            raise forms.ValidationError(RightsChanged.staff_words)
        return data

    def shows_now(self, shown: Any) -> None:
        """A part of what was sent is done: what is left of it is compared with this."""
        self.shown = json.dumps(shown)
        sent = QueryDict(mutable=True)
        sent.update(self.data)
        sent["before"] = self.shown
        self.data = sent
