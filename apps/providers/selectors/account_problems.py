from __future__ import annotations

from collections.abc import Collection, Mapping
from urllib.parse import urlsplit
from uuid import UUID
from zoneinfo import available_timezones

from django.utils.translation import gettext as _

from apps.merchants.models import Merchant
from apps.providers.contract import Operation
from apps.providers.kit.credential_fields import CredentialField
from apps.providers.kit.web_address import ascii_url
from apps.providers.registry import CREDENTIAL_FIELDS, PROFILES, check_credentials
from apps.providers.rules.account_order import CREDENTIAL, AccountOrder

# A million millions: as much as may be ordered anywhere, and far from what overflows.
AMOUNT_MAX = 10**12
LABEL_LENGTH_MAX = 80


def account_problems(order: AccountOrder) -> dict[str, str]:
    """By field, why an account cannot be like this; empty where it can."""
    profile = PROFILES.get(order.connector)
    if profile is None:
        return {"connector": _("There is no such connector.")}
    found: dict[str, str] = {}
    if not order.label.strip() or len(order.label) > LABEL_LENGTH_MAX:
        found["label"] = _("It needs a name, of 80 characters at most.")
    served = {
        name: profile.operations[Operation(name)]
        for name in order.operations
        if name in profile.operations
    }
    if not order.operations or len(served) < len(order.operations):
        found["operations"] = _("Choose what this provider can do.")
    if any(order.country not in one.currencies for one in served.values()):
        found["country"] = _("The connector does not serve this country with these operations.")
    elif any(one.currencies[order.country] != order.currency for one in served.values()):
        found["currency"] = _("The provider has another currency there.")
    if order.timezone not in available_timezones():
        found["timezone"] = _("This is no time zone, as Africa/Abidjan is one.")
    if not 1 <= order.amount_min <= AMOUNT_MAX:
        found["amount_min"] = _("An amount is 1 or more.")
    if not order.amount_min <= order.amount_max <= AMOUNT_MAX:
        found["amount_max"] = _("The largest amount is smaller than the smallest.")
    if order.amount_max > AMOUNT_MAX:
        found["amount_max"] = _("The amount is too large.")
    merchant_id = order.merchant_id
    if merchant_id is not None and not Merchant.objects.filter(pk=UUID(merchant_id)).exists():
        found["merchant"] = _("There is no such merchant.")
    return found


def credential_problems(
    connector: str,
    credentials: Mapping[str, str],
    *,
    operations: Collection[str],
    livemode: bool,
) -> dict[str, str]:
    """By field of a form, what is wrong with credentials; never with what was typed. Empty where
    the connector takes them."""
    if connector not in CREDENTIAL_FIELDS:
        return {"connector": _("There is no such connector.")}
    found: dict[str, str] = {}
    for field in CREDENTIAL_FIELDS[connector]:
        problem = _problem(field, credentials.get(field.name, ""), operations, livemode)
        if problem:
            found[CREDENTIAL + field.name] = problem
    if found:
        return found
    try:
        check_credentials(connector, credentials)
    except ValueError as error:
        # It names what it is about, among longer names that end alike.
        named = [field.name for field in CREDENTIAL_FIELDS[connector] if field.name in str(error)]
        where = CREDENTIAL + max(named, key=len) if named else ""
        return {where: _("The connector does not take this.")}
    return {}


def _problem(
    field: CredentialField, value: str, operations: Collection[str], livemode: bool
) -> str:
    if not value:
        return _("This is missing.") if field.is_needed(operations) else ""
    if field.choices and value not in field.choices:
        return _("It is one of: %(words)s.") % {"words": ", ".join(field.choices)}
    if field.is_address:
        try:
            scheme = urlsplit(ascii_url(value)).scheme
        except ValueError:
            return _("This is no web address.")
        if livemode and scheme != "https":
            return _("A live account needs an address that begins with https://.")
    if livemode and field.names_sandbox(value):
        return _("This is the provider’s sandbox: a live account cannot use it.")
    return ""
