"""What a second person reads before she puts the books right: whole, and in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from apps.approvals.models import ApprovalRule
from apps.approvals.rules.facts import Facts
from apps.core.money import Money
from apps.core.public_ids import encode_id
from apps.ledger.models import Account, AccountKind, Transfer
from apps.ledger.rules.corrections import COMES_BACK_AS
from apps.ledger.rules.postings import CLEARING, PAYABLE, SOURCES, TransferKind
from apps.merchants.models import Merchant
from apps.providers.models import ProviderAccount


def describe_reversal(payload: Mapping[str, Any]) -> list[str]:
    """The transfer, what it booked and when, and what takes it back."""
    transfer = Transfer.objects.select_related("from_account", "to_account").get(
        pk=UUID(payload["transfer_id"])
    )
    kind = TransferKind(transfer.kind)
    return [
        _("Takes back: %(id)s, %(kind)s, of %(day)s")
        % {
            "id": encode_id("tr", transfer.pk),
            "kind": kind.label,
            "day": f"{transfer.created_at:%Y-%m-%d}",
        },
        _("Booked for: %(id)s") % {"id": encode_id(SOURCES[kind], transfer.source_id)},
        *_booked(
            Money(transfer.amount, transfer.currency),
            transfer.to_account.livemode,
            _named(transfer.to_account),
            _named(transfer.from_account),
        ),
        _("Proof: %(text)s") % {"text": payload["evidence"]},
    ]


def describe_adjustment(payload: Mapping[str, Any]) -> list[str]:
    """Between which accounts, and how much."""
    from_name, to_name = (
        _name(AccountKind(payload[side]), payload["merchant_id"], payload["provider_account_id"])
        for side in ("from", "to")
    )
    money = Money(payload["amount"], payload["currency"])
    return [
        *_booked(money, payload["livemode"], from_name, to_name),
        _("Proof: %(text)s") % {"text": payload["evidence"]},
    ]


def correction_facts(payload: Mapping[str, Any]) -> Facts:
    """The amount, and that a person typed it."""
    return Facts(amount=payload["amount"], currency=payload["currency"], how=ApprovalRule.How.HAND)


def _booked(money: Money, livemode: bool, from_name: str, to_name: str) -> list[str]:
    mode = _("live") if livemode else _("test")
    return [
        _("Amount: %(money)s, %(mode)s") % {"money": money, "mode": mode},
        _("From: %(account)s") % {"account": from_name},
        _("To: %(account)s") % {"account": to_name},
    ]


def _named(account: Account) -> str:
    kind = AccountKind(account.kind)
    return _name(COMES_BACK_AS.get(kind, kind), account.owner_id, account.owner_id)


def _name(kind: AccountKind, merchant_id: Any, account_id: Any) -> str:
    owner: Any = None
    if kind == PAYABLE and merchant_id:
        owner = Merchant.objects.filter(pk=merchant_id).first()
    elif kind == CLEARING and account_id:
        owner = ProviderAccount.objects.filter(pk=account_id).first()
    return f"{kind.label}, {owner}" if owner else str(kind.label)
