"""After how many days what is paid becomes available: a merchant's own delay, or a rail's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Model, QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from apps.core.errors import DomainError
from apps.core.public_ids import encode_id
from apps.merchants.models import SETTLEMENT_DELAY_DAYS_MAX, Merchant
from apps.providers.models import ProviderAccount

# A key of config/approvable_actions.py.
CHANGE = "settlement_delay.change"


@dataclass(frozen=True, slots=True)
class DelayOwner:
    """What has a delay. `permission`: who may ask for another. `is_optional`: it may have none."""

    model: type[Merchant | ProviderAccount]
    id_prefix: str
    word: str | Promise
    permission: str
    is_optional: bool

    def rows(self) -> QuerySet[Model]:
        return self.model._default_manager.all()

    def public_id(self, owner_id: UUID) -> str:
        return encode_id(self.id_prefix, owner_id)


OWNERS: Mapping[str, DelayOwner] = {
    "merchant": DelayOwner(Merchant, "mer", _("merchant"), "merchants.change_merchant", True),
    "provider_account": DelayOwner(
        ProviderAccount,
        "pa",
        _("provider account"),
        "providers.change_provideraccount",
        False,
    ),
}


class SettlementDelayChanged(DomainError):
    code = "settlement_delay_changed"
    status = 409
    title = "The delay is not what was shown, or is so already. Look at it again."
    staff_words = _("The delay is not what was shown, or is so already. Look at it again.")


class SettlementDelayOutOfBounds(DomainError):
    code = "settlement_delay_out_of_bounds"
    status = 422
    title = "A delay is a whole number of days, 90 at most."
    staff_words = _("A delay is a whole number of days, 90 at most.")


def check_delay(owner: DelayOwner, payload: Mapping[str, Any]) -> int | None:
    """The days asked for; None: the merchant has none of its own. Raises
    SettlementDelayOutOfBounds."""
    days = payload["days"]
    if days is None and owner.is_optional:
        return None
    if type(days) is not int or not 0 <= days <= SETTLEMENT_DELAY_DAYS_MAX:
        raise SettlementDelayOutOfBounds(str(days), field="days")
    return days


def delay_in_words(days: int | None) -> str:
    if days is None:
        return gettext("as each provider account has it")
    if not days:
        return gettext("none: at once")
    return ngettext("%(count)s day", "%(count)s days", days) % {"count": days}
