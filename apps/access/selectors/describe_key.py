from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from apps.access.rules.widenings import WIDENINGS
from apps.approvals.rules.compared_lines import compared_lines
from apps.merchants.models import ApiKey, Merchant
from apps.merchants.scopes import DESCRIPTIONS, SECRET_KEY


def describe_new_key(payload: Mapping[str, Any]) -> list[str]:
    """A live key that is asked for: whose, what it may do, and from where."""
    merchant = Merchant.objects.get(pk=UUID(payload["merchant_id"]))
    days = payload["rotate_every_days"]
    return [
        _("Merchant: %(name)s, %(id)s") % {"name": merchant, "id": merchant.public_id},
        _("A live key: %(label)s") % {"label": payload["label"]},
        _("Addresses: %(addresses)s")
        % {"addresses": ", ".join(payload["allowed_addresses"]) or _("from everywhere")},
        *([_("Rotates by itself, days: %(days)s") % {"days": days}] if days else []),
        *scope_lines(SECRET_KEY),
    ]


def describe_widening(payload: Mapping[str, Any]) -> list[str]:
    """What a live key may do from then on, beside what it might when it was asked for."""
    api_key = ApiKey.objects.select_related("merchant").get(pk=UUID(payload["api_key_id"]))
    before = payload["scopes_before"]
    after = {*before, *WIDENINGS[payload["widening"]].scopes}
    return [
        _("Merchant: %(name)s, %(id)s")
        % {"name": api_key.merchant, "id": api_key.merchant.public_id},
        _("Key: %(key)s %(label)s") % {"key": api_key, "label": api_key.label},
        *compared_lines(scope_lines(before), scope_lines(after)),
    ]


def scope_lines(scopes: Collection[str]) -> list[str]:
    return [f"{DESCRIPTIONS.get(one, one)} ({one})" for one in sorted(scopes)]
