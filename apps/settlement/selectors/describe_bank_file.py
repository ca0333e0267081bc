from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from apps.core.admin import show_time
from apps.core.money import Money
from apps.settlement.models import BankFile, Settlement

SHOWN_MAX = 200


def describe_bank_file(payload: Mapping[str, Any]) -> list[str]:
    """The sum, the digest, who has it, and whom it pays how much."""
    lines = [
        _("Transfers: %(count)s, together %(amount)s")
        % {"count": payload["count"], "amount": Money(payload["amount"], payload["currency"])},
        _("SHA-256 of the file: %(digest)s") % {"digest": payload["digest"]},
    ]
    file = BankFile.objects.get(pk=UUID(payload["file_id"]))
    lines.insert(0, _("Live mode") if file.livemode else _("Test mode"))
    if file.downloaded_at is not None:
        lines.append(
            _("Fetched by %(who)s, last at %(time)s")
            % {"who": file.downloaded_by, "time": show_time(file.downloaded_at)}
        )
    if file.handed_at is not None:
        lines.append(
            _("The bank may have it since %(time)s: it was put at its door")
            % {"time": show_time(file.handed_at)}
        )
    found = Settlement.objects.filter(bank_file_id=UUID(payload["file_id"]))
    for one in found.select_related("merchant").order_by("id")[:SHOWN_MAX]:
        lines.append(f"{one.merchant.name}, {Money(one.amount, one.currency)}, {one.payee_masked}")
    if payload["count"] > SHOWN_MAX:
        lines.append(_("… and %(count)s more") % {"count": payload["count"] - SHOWN_MAX})
    return lines
