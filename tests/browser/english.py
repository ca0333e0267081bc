"""The English words that no French page may show."""

from __future__ import annotations

from functools import cache

from django.apps import apps
from django.utils import translation

from tests.admin.test_catalogues import read_po

# Words of both languages, or names.
SAME = {
    # How, in French.
    "comment",
    "mode",
    "type",
    "description",
    "notifications",
    "actions",
    "action",
    "code",
    "date",
    "delete",
    "page",
    # The codes of the languages; the one is a word of the other.
    "en",
    "fr",
    # The code of an operator.
    "at",
}


@cache
def raw_states() -> list[str]:
    """What the database holds of a state, which no French title may show."""
    ours = [model for model in apps.get_models() if model.__module__.startswith("apps.")]
    with translation.override("fr"):
        return sorted(
            {
                str(value)
                for model in ours
                for field in model._meta.fields
                if field.name in {"status", "kind", "match", "role"}
                for value, label in field.choices or ()
                if str(label) != value
            }
        )


@cache
def english_words() -> list[str]:
    """Lower case: our messages whose French differs, and what Django makes of our fields' names."""
    french = read_po("fr")
    found = {
        message.rpartition("\x04")[2].lower()
        for message, translations in french.items()
        if message
        and all(message.rpartition("\x04")[2].lower() != one.lower() for one in translations)
    }
    ours = [model for model in apps.get_models() if model.__module__.startswith("apps.")]
    for model in ours:
        for field in model._meta.get_fields():
            found.add(field.name.replace("_", " "))
            choices = getattr(field, "choices", None) or ()
            # A number is a word in no language.
            found |= {value for value, _label in choices if isinstance(value, str)}
    with translation.override("fr"):
        french_words = {one.lower() for many in french.values() for one in many}
    return sorted(found - french_words - SAME)
