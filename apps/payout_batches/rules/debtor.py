"""Who is to pay, as a file says it, beside whom it was sent for."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from apps.core.public_ids import InvalidPublicId, decode_id
from apps.core.tables.cells import FileRefused
from apps.payout_batches.rules.columns import plain_word

_WORD_LENGTH_MIN = 3
_NAME_SHOWN = 80


@dataclass(frozen=True, slots=True)
class Debtor:
    """A company that a file names as who pays, or as who sends it."""

    name: str
    ids: tuple[str, ...] = ()


def check_debtors(
    debtors: Iterable[Debtor], *, merchant_id: UUID, merchant_name: str
) -> list[dict[str, Any]]:
    """What is odd about who is to pay: a name that has nothing of the merchant's. Companies have
    several names, so that is for a person to judge.

    Raises FileRefused: the file bears the id of another merchant.
    """
    odd = []
    for debtor in debtors:
        for said in debtor.ids:
            try:
                is_another = decode_id("mer", said.strip()) != merchant_id
            except InvalidPublicId:
                continue
            if is_another:
                raise FileRefused("other_merchant", said=said.strip()[:_NAME_SHOWN])
        if debtor.name.strip() and not _is_alike(debtor.name, merchant_name):
            odd.append(debtor.name.strip()[:_NAME_SHOWN])
    return [{"code": "debtor_differs", "values": {"name": name}} for name in dict.fromkeys(odd)]


def _is_alike(one: str, other: str) -> bool:
    """Whether one name stands in the other, or they share a word."""
    plain, plain_other = plain_word(one), plain_word(other)
    if not plain or not plain_other or plain in plain_other or plain_other in plain:
        return True
    return bool(_words(one) & _words(other))


def _words(name: str) -> set[str]:
    words = (plain_word(word) for word in re.split(r"[\W_]+", name))
    return {word for word in words if len(word) >= _WORD_LENGTH_MIN}
