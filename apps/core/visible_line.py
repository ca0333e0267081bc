from __future__ import annotations

from typing import Any

from django import forms

from apps.core.clean_text import clean_line


class VisibleLineField(forms.CharField):
    """One line with nothing hidden in it and nothing that turns around what stands behind it. What
    shows nothing was not filled in."""

    def to_python(self, value: Any) -> str:
        typed = super().to_python(value) or ""
        return clean_line(typed, len(typed))


def visible_line(form: forms.BaseForm, name: str) -> str:
    """What was typed in a required field that a model gives its form, as a VisibleLineField has
    it."""
    line = clean_line(form.cleaned_data[name])
    if not line:
        raise forms.ValidationError(form.fields[name].error_messages["required"], code="required")
    return line
