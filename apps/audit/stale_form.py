"""A form opened before somebody else's change does not undo it."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.functional import cached_property
from django.utils.translation import gettext as _


class RefusesStale(forms.ModelForm):  # type: ignore[type-arg]  # Django's takes none.
    """Fields with `show_hidden_initial` carry what the page showed; what is otherwise by now is
    refused, with both values."""

    @cached_property
    def changed_data(self) -> list[str]:
        """What differs from the row as it is now; Django's own compares with what was shown."""
        return [
            name
            for name, field in self.fields.items()
            if field.has_changed(self[name].initial, self[name].data)
        ]

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        if self.instance.pk is not None:
            for name, field in self.fields.items():
                self._compare(name, field)
        return data

    def _compare(self, name: str, field: forms.Field) -> None:
        bound = self[name]
        if not field.show_hidden_initial or bound.html_initial_name not in self.data:
            return
        widget = field.hidden_widget()
        shown = widget.value_from_datadict(self.data, self.files, bound.html_initial_name)
        try:
            was_changed = field.has_changed(bound.initial, shown)
        except ValidationError:
            was_changed = True
        if was_changed:
            self.add_error(
                name,
                _("Changed meanwhile: it was shown as “%(shown)s” and is “%(now)s”. Open it again.")
                % {"shown": _words(shown), "now": _words(bound.initial)},
            )


def _words(value: Any) -> str:
    if isinstance(value, (list, tuple)):
        return ", ".join(str(each) for each in value)
    return "" if value is None else str(value)
