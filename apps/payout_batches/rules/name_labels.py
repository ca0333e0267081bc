"""What the rails say of payees' names, as pages show it: with colour and word."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from apps.core.admin import show_label
from apps.payout_batches.models import NameResult

# Counted apart: another person's, and somebody said that it is right all the same.
CONFIRMED = "confirmed"
COLOURS = {
    NameResult.WAITING: "info",
    NameResult.MATCH: "success",
    NameResult.CLOSE: "warning",
    NameResult.DIFFERENT: "danger",
    NameResult.NO_ACCOUNT: "danger",
    NameResult.NOT_CHECKED: "",
}


def name_label(result: str, score: int | None = None) -> SafeString:
    """One name's."""
    word = NameResult(result).label
    text = word if score is None else f"{word} {score} %"
    return show_label(text, COLOURS[NameResult(result)])


def shown_names(counts: Mapping[str, int]) -> list[tuple[SafeString, int]]:
    """Those of a batch, as selectors.sum_names has them."""
    shown = [(name_label(one), counts[one]) for one in NameResult.values if counts[one]]
    if counts[CONFIRMED]:
        text = f"{NameResult.DIFFERENT.label}, {_('confirmed')}"
        shown.append((show_label(text, "warning"), counts[CONFIRMED]))
    return shown
