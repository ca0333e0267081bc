from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from apps.core.admin import show_money
from apps.core.public_ids import encode_id
from apps.merchants.models import Merchant
from apps.providers.models import OPERATION_NAMES
from apps.providers.registry import PROFILES
from apps.providers.rules.account_order import AccountOrder, fingerprint_in_words
from apps.providers.rules.credential_words import setting_lines


def describe_account(payload: Mapping[str, Any]) -> list[str]:
    """The account that is to be opened: all of it but its secrets, which have a fingerprint."""
    order = AccountOrder.of(payload)
    # A request outlives a connector.
    known = PROFILES.get(order.connector)
    return [
        _("Name: %(name)s") % {"name": order.label},
        _("Connector: %(connector)s") % {"connector": known.name if known else order.connector},
        _("Country and currency: %(country)s, %(currency)s")
        % {"country": order.country, "currency": order.currency},
        _("Mode: live") if order.livemode else _("Mode: test"),
        _("Operations: %(operations)s")
        % {"operations": ", ".join(str(OPERATION_NAMES[one]) for one in order.operations)},
        _("Time zone: %(zone)s") % {"zone": order.timezone},
        _("Amounts: from %(smallest)s to %(largest)s")
        % {
            "smallest": show_money(order.amount_min, order.currency),
            "largest": show_money(order.amount_max, order.currency),
        },
        _merchant(order),
        *setting_lines(payload["settings"]),
        fingerprint_in_words(payload["fingerprint"]),
        _("Once approved, payments go through it."),
    ]


def _merchant(order: AccountOrder) -> str:
    if order.merchant_id is None:
        return _("For every merchant")
    merchant = Merchant.objects.filter(pk=UUID(order.merchant_id)).first()
    words = {"merchant": merchant, "id": encode_id("mer", UUID(order.merchant_id))}
    return _("For the merchant %(merchant)s (%(id)s) alone") % words
