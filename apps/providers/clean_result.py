"""The border where providers' answers enter: from here on they can be stored, whatever they were.

Money and status are never lost to evidence that cannot be kept: the evidence is cut, and
`ProviderResult.cut` says so to a person.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlsplit

from apps.core.storable_text import storable_text
from apps.providers.contract import (
    FailureCode,
    NextAction,
    Outcome,
    ProviderMisbehaved,
    ProviderResult,
)
from apps.providers.kit.wire_values import currency_code, whole_amount

REFERENCE_LENGTH_MAX = 64
COUNTERPARTY_LENGTH_MAX = 64
URL_LENGTH_MAX = 500
CUT_LENGTH_MAX = 200
MESSAGE_LENGTH_MAX = 200

STATE_ENTRIES_MAX = 20
STATE_LENGTH_MAX = 4_000

RAW_DEPTH_MAX = 8
RAW_VALUES_MAX = 300
RAW_CHARACTERS_MAX = 16_000
TEXT_LENGTH_MAX = 2_000

BIGINT_MAX = 2**63 - 1
NEXT_ACTIONS = ("approve_on_phone", "redirect")


def clean_result(result: ProviderResult) -> ProviderResult:
    """The same answer, bounded and storable; what had to be cut is named in `cut`.

    Raises ProviderMisbehaved: an amount that is none, which could be a difference.
    """
    cut: list[str] = [result.cut] if isinstance(result.cut, str) and result.cut else []
    outcome = _outcome(result.outcome, cut)
    return replace(
        result,
        outcome=outcome,
        provider_reference=_text(
            result.provider_reference, REFERENCE_LENGTH_MAX, "provider_reference", cut
        ),
        failure_code=_failure_code(result.failure_code, outcome, cut),
        may_yet_succeed=result.may_yet_succeed is True,
        next_action=_next_action(result.next_action, cut),
        amount=_amount(result.amount, cut),
        currency=_currency(result.currency, cut),
        counterparty=_text(result.counterparty, COUNTERPARTY_LENGTH_MAX, "counterparty", cut),
        connector_state=_connector_state(result.connector_state, cut),
        raw=_raw(result.raw, cut),
        cut=storable_text(", ".join(cut), CUT_LENGTH_MAX),
    )


def _text(value: Any, length_max: int, name: str, cut: list[str]) -> str:
    text = value if isinstance(value, str) else "" if value is None else _words(value)
    kept = storable_text(str.__str__(text), length_max)
    if kept != value:
        cut.append(name)
    return kept


def _outcome(value: Any, cut: list[str]) -> Outcome:
    try:
        return Outcome(value)
    except ValueError:
        # A word we do not know is pending, as everywhere.
        cut.append("outcome")
        return Outcome.PENDING


def _failure_code(value: Any, outcome: Outcome, cut: list[str]) -> FailureCode | None:
    if value is None or value == "":
        return None
    try:
        return FailureCode(value)
    except ValueError:
        cut.append("failure_code")
        return FailureCode.PROVIDER_DECLINED if outcome is Outcome.FAILED else None


def _next_action(value: Any, cut: list[str]) -> NextAction | None:
    if value is None:
        return None
    if isinstance(value, NextAction) and value.kind in NEXT_ACTIONS:
        if value.kind != "redirect":
            return NextAction(value.kind)
        if _is_web_url(value.url):
            return value
    cut.append("next_action")
    return None


def _is_web_url(url: Any) -> bool:
    """We send a browser there: no javascript:, no data:."""
    if not isinstance(url, str) or len(url) > URL_LENGTH_MAX or not url.isprintable():
        return False
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme in ("https", "http") and bool(parts.hostname)


def _amount(value: Any, cut: list[str]) -> int | None:
    if value is None:
        return None
    if isinstance(value, int) and not isinstance(value, bool):
        amount = int(value)
    else:
        try:
            read = whole_amount(value)
        except ValueError as error:
            raise ProviderMisbehaved("the amount is not whole") from error
        if read is None:
            raise ProviderMisbehaved("the amount could be two")
        amount = read
    # Still another amount than any that was asked for.
    bounded = max(-BIGINT_MAX, min(amount, BIGINT_MAX))
    if bounded != amount:
        cut.append("amount")
    return bounded


def _currency(value: Any, cut: list[str]) -> str:
    code = currency_code(value)
    if not code and value not in ("", None):
        # What is none cannot be compared.
        cut.append("currency")
    return code


def _connector_state(value: Any, cut: list[str]) -> dict[str, str]:
    """Whole or not at all: half a token opens nothing."""
    entries = list(value.items()) if isinstance(value, Mapping) else []
    kept = {
        str(name): content
        for name, content in entries[:STATE_ENTRIES_MAX]
        if isinstance(name, str)
        and isinstance(content, str)
        and storable_text(name, TEXT_LENGTH_MAX) == name
        and storable_text(content, STATE_LENGTH_MAX) == content
    }
    if kept != value and value is not None:
        cut.append("connector_state")
    return kept


def _raw(value: Any, cut: list[str]) -> dict[str, Any]:
    cleaning = _Cleaning()
    kept = cleaning.object_of(value, depth=1) if isinstance(value, Mapping) else {}
    if cleaning.has_cut or not isinstance(value, Mapping):
        cut.append("raw")
    return kept


@dataclass(slots=True)
class _Cleaning:
    """Copies JSON within bounds. What does not fit is left out or named in words."""

    values_left: int = RAW_VALUES_MAX
    characters_left: int = RAW_CHARACTERS_MAX
    has_cut: bool = False

    def object_of(self, value: Mapping[Any, Any], *, depth: int) -> dict[str, Any]:
        kept: dict[str, Any] = {}
        for name, content in value.items():
            if self._is_full():
                break
            if not isinstance(name, str):
                self.has_cut = True
            kept[self._text(name if isinstance(name, str) else _words(name))] = self._value(
                content, depth + 1
            )
        return kept

    def _value(self, value: Any, depth: int) -> Any:
        self.values_left -= 1
        if value is None or isinstance(value, bool):
            return value
        if isinstance(value, str):
            return self._text(value)
        if isinstance(value, int) and abs(value) <= BIGINT_MAX:
            return int(value)
        if isinstance(value, float) and math.isfinite(value):
            return float(value)
        if isinstance(value, (Mapping, list, tuple)) and depth <= RAW_DEPTH_MAX:
            if isinstance(value, Mapping):
                return self.object_of(value, depth=depth)
            return self._list(value, depth)
        self.has_cut = True
        return self._text(_words(value))

    def _list(self, value: list[Any] | tuple[Any, ...], depth: int) -> list[Any]:
        kept = []
        for content in value:
            if self._is_full():
                break
            kept.append(self._value(content, depth + 1))
        return kept

    def _text(self, value: str) -> str:
        kept = storable_text(str.__str__(value), min(TEXT_LENGTH_MAX, max(0, self.characters_left)))
        self.characters_left -= len(kept)
        self.has_cut = self.has_cut or kept != value
        return kept

    def _is_full(self) -> bool:
        if self.values_left > 0 and self.characters_left > 0:
            return False
        self.has_cut = True
        return True


def _words(value: Any) -> str:
    """Anything in a few words. Not everything has a text: a very long number has none."""
    if isinstance(value, (Mapping, list, tuple, set)):
        return f"({type(value).__name__} left out)"
    try:
        return str(value)
    except Exception:
        return f"({type(value).__name__} left out)"
