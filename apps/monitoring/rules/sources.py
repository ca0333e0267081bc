"""The listed sources, and their words."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from django.conf import settings
from django.utils.formats import number_format
from django.utils.module_loading import import_string

from apps.core.alerts import AlertSource
from apps.providers.models import OPERATION_NAMES


@cache
def alert_sources() -> Mapping[str, AlertSource]:
    return import_string(settings.ALERT_SOURCES)  # type: ignore[no-any-return]


def title_of(rule: str) -> str:
    """In the reader's language; the code itself of a rule that is no longer listed."""
    source = alert_sources().get(rule)
    return str(source.title) if source else rule


def sentence_of(rule: str, facts: Mapping[str, Any]) -> str:
    """What was found, in the reader's language. Facts of another release that do not fill the
    sentence leave the title."""
    source = alert_sources().get(rule)
    if source is None:
        return rule
    said = {
        name: number_format(value, 1) if isinstance(value, float) else value
        for name, value in facts.items()
    }
    if "operation" in said:
        said["operation"] = OPERATION_NAMES.get(said["operation"], said["operation"])
    try:
        return (str(source.sentence) % said).strip()
    except (KeyError, TypeError, ValueError):
        return str(source.title)
