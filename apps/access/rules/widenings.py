"""What staff let a merchant's key do beside what it was made with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

from apps.merchants.models import ApiKey
from apps.merchants.scopes import MONEY_OUT, PAYOUTS_APPROVE, PAYOUTS_READ
from apps.merchants.services.allow_approval import allow_approval
from apps.merchants.services.allow_money_out import allow_money_out

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


@dataclass(frozen=True, slots=True)
class Widening:
    """`action`: by which two people agree on it, where the key is live."""

    action: str
    scopes: tuple[str, ...]
    widen: Callable[..., ApiKey]
    title: StrOrPromise
    done: StrOrPromise


MONEY, APPROVAL = "money_out", "approval"
WIDENINGS = {
    MONEY: Widening(
        "api_key.money_out",
        MONEY_OUT,
        allow_money_out,
        _("Let it refund and pay out, as its merchant asked"),
        _("%(key)s may refund and pay out from now on."),
    ),
    APPROVAL: Widening(
        "api_key.approval",
        (PAYOUTS_APPROVE, PAYOUTS_READ),
        allow_approval,
        _("Let it approve payout batches, as its merchant asked"),
        _("%(key)s may approve payout batches from now on."),
    ),
}
