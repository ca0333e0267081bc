from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from apps.core.money import EXPONENTS, Money
from apps.ledger.models import AccountKind, Correction
from apps.ledger.rules.corrections import CorrectionRefused, is_adjustable
from apps.ledger.rules.postings import CLEARING, PAYABLE
from apps.ledger.services.book_correction import book_correction
from apps.ledger.services.find_account import AccountKey
from apps.merchants.models import Merchant
from apps.providers.models import ProviderAccount

NOBODY = UUID(int=0)


@transaction.atomic
def adjust_accounts(
    payload: Mapping[str, Any],
    *,
    requested_by: str,
    approved_by: str,
    reason: str,
    now: datetime,
) -> Correction:
    """What the action "ledger.adjust" does: what really moved and the ledger missed is booked
    today, between two accounts of which one may be of a merchant, and one of a provider.

    Args:
        payload: `correction_id`, by which it is booked once; `from` and `to`, of AccountKind;
            `merchant_id`, `provider_account_id` where one of them is of such ("" otherwise);
            `amount` in minor units of `currency`; `livemode`; `evidence`; `discrepancy_id` where it
            explains one, else "".

    Raises:
        CorrectionRefused: not between these accounts, or whose they are is not said, or is of
            another currency or mode; or the provider account is another merchant's own.
        AlreadyReversed: booked already.
    """
    amount, currency = payload["amount"], payload["currency"]
    if currency not in EXPONENTS or not isinstance(amount, int) or amount <= 0:
        raise CorrectionRefused(_("There is no amount to be booked."), field="amount")
    if not is_adjustable(payload["from"], payload["to"]):
        raise CorrectionRefused(_("Nothing is booked between these two accounts."), field="to")
    from_account, to_account = (
        AccountKey(kind, _owner(kind, payload), currency, payload["livemode"])
        for kind in (AccountKind(payload["from"]), AccountKind(payload["to"]))
    )
    return book_correction(
        Money(amount, currency),
        from_account=from_account,
        to_account=to_account,
        evidence=payload["evidence"],
        reason=reason,
        requested_by=requested_by,
        approved_by=approved_by,
        now=now,
        correction_id=UUID(payload["correction_id"]),
        discrepancy_id=UUID(payload["discrepancy_id"]) if payload["discrepancy_id"] else None,
    )


def _owner(kind: AccountKind, payload: Mapping[str, Any]) -> UUID | None:
    if kind == PAYABLE:
        merchant = Merchant.objects.filter(pk=payload["merchant_id"] or NOBODY).first()
        if merchant is None:
            raise CorrectionRefused(_("Say whose account it is: the merchant."), field="merchant")
        return merchant.pk
    if kind == CLEARING:
        account = ProviderAccount.objects.filter(
            pk=payload["provider_account_id"] or NOBODY,
            currency=payload["currency"],
            livemode=payload["livemode"],
        ).first()
        if account is None:
            raise CorrectionRefused(
                _("Say whose account it is: a provider account of this currency and mode."),
                field="provider_account",
            )
        if payload["merchant_id"] and account.merchant_id not in (
            None,
            UUID(payload["merchant_id"]),
        ):
            raise CorrectionRefused(
                _("This provider account is another merchant’s own."), field="provider_account"
            )
        return account.pk
    return None
