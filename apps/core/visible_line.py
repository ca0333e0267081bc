from __future__ import annotations

from django import forms

from apps.core.clean_text import clean_line


def visible_line(form: forms.BaseForm, name: str) -> str:
    """What was typed in a required field of a form, one line with nothing hidden in it and nothing
    that turns around what stands behind it. What shows nothing was not filled in."""
    line = clean_line(form.cleaned_data[name])
    if not line:
        raise forms.ValidationError(form.fields[name].error_messages["required"], code="required")
    return line
