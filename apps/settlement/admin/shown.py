"""How people and failures stand on the pages of settlements."""

from __future__ import annotations

from collections.abc import Iterable

from django.utils.functional import Promise
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from apps.core.work.counted_failures import CountsFailures
from apps.settlement.services.close_period import StatementDoesNotAdd


def show_failure(row: CountsFailures) -> str:
    """With which error the work of a row failed last; of others' the kind alone: they may quote a
    payee."""
    kind = row.failure.partition(":")[0]
    return row.failure if kind == StatementDoesNotAdd.__name__ else kind


def show_buttons(links: Iterable[tuple[str, str | Promise]]) -> SafeString | str:
    """Links as buttons, side by side or below each other as there is room."""
    return show_acts(
        format_html('<a class="lomi-button" href="{}">{}</a>', page, text) for page, text in links
    )


def show_acts(buttons: Iterable[SafeString]) -> SafeString | str:
    found = format_html_join("", "{}", ((one,) for one in buttons))
    return format_html('<div class="lomi-actions">{}</div>', found) if found else "–"
