from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from datetime import date, datetime

from django.utils.translation import gettext as _

from apps.core.email_address import plain_address
from apps.core.errors import DomainError
from apps.core.public_ids import new_id_at
from apps.day_reports.models import ReportSubscription
from apps.day_reports.models.subscriptions import ADDRESSES_MAX
from apps.day_reports.rules.contexts import CREDENTIALS_CONTEXT
from apps.day_reports.rules.refusals import SubscriptionInvalid
from apps.day_reports.services.build_merchant_day import KINDS as MERCHANT_KINDS
from apps.merchants.models import Merchant
from apps.providers.models import ProviderAccount
from apps.reconciliation.services.build_day_report import KINDS as ACCOUNT_KINDS
from apps.statement_sources.rules.ssh_keys import as_lines, read_keys
from apps.statement_sources.services.draft_connection import HOST, USERNAME
from apps.statement_sources.transports.sftp_credentials import new_key, unseal
from apps.vault.encryption import encrypt

FOLDER = re.compile(r"[^\x00-\x1f]{0,255}")


@dataclass(frozen=True, slots=True)
class SubscriptionOrder:
    """Of a provider account or a merchant. Without a `host` nothing goes to a server. With a
    `password` it is used; else our key, which is made at the first time and kept from then on."""

    name: str
    formats: list[str]
    first_day: date
    provider_account: ProviderAccount | None = None
    merchant: Merchant | None = None
    livemode: bool = True
    hour: int | None = None
    language: str = "fr"
    emails: list[str] = field(default_factory=list)
    host: str = ""
    port: int = 22
    username: str = ""
    host_keys: str = ""
    folder: str = ""
    password: str = field(default="", repr=False)


def draft_subscription(
    *,
    order: SubscriptionOrder,
    before: ReportSubscription | None = None,
    created_by: str,
    now: datetime,
) -> ReportSubscription:
    """A subscription by which nothing is sent yet: another person has to approve it.

    Args:
        before: the version in whose place it is to come; of the same receiver and mode.

    Raises SubscriptionInvalid, with the field.
    """
    _check(order)
    emails = [_address(one) for one in order.emails]
    if before is not None:
        _check_same(order, before)
    subscription_id = new_id_at(now)
    account = order.provider_account
    draft = ReportSubscription(
        id=subscription_id,
        root_id=before.root_id if before else subscription_id,
        name=order.name,
        provider_account=account,
        merchant=order.merchant,
        livemode=account.livemode if account else order.livemode,
        formats=order.formats,
        hour=order.hour,
        language=order.language,
        first_day=order.first_day,
        emails=emails,
        created_by=created_by,
        created_at=now,
    )
    if order.host:
        draft.host, draft.port, draft.username = order.host, order.port, order.username
        draft.folder, draft.host_keys = order.folder, _keys(order.host_keys)
        credentials, draft.our_public_key = _credentials(order, before)
        draft.credentials_encrypted = encrypt(
            json.dumps(credentials), context=CREDENTIALS_CONTEXT, row_id=draft.pk
        )
    draft.save(force_insert=True)
    return draft


def _check(order: SubscriptionOrder) -> None:
    if (order.provider_account is None) == (order.merchant is None):
        raise SubscriptionInvalid(_("Of a provider account or of a merchant?"), field="merchant")
    kinds = MERCHANT_KINDS if order.merchant else ACCOUNT_KINDS
    if not order.formats or not set(order.formats) <= set(kinds):
        known = ", ".join(kinds)
        raise SubscriptionInvalid(
            _("Of these files: %(kinds)s") % {"kinds": known}, field="formats"
        )
    if not order.emails and not order.host:
        raise SubscriptionInvalid(_("To an address, to a server, or both?"), field="emails")
    if len(order.emails) > ADDRESSES_MAX:
        raise SubscriptionInvalid(_("Too many addresses."), field="emails")
    if order.host:
        _check_server(order)


def _address(typed: str) -> str:
    """As it is shown to who approves."""
    try:
        return plain_address(typed)
    except ValueError:
        raise SubscriptionInvalid(
            _("This is no address: %(address)s") % {"address": typed[:80]}, field="emails"
        ) from None


def _check_same(order: SubscriptionOrder, before: ReportSubscription) -> None:
    """What waits to be sent is sent by the newest version: to whom it is about, or to nobody."""
    account = order.provider_account
    if order.merchant != before.merchant or account != before.provider_account:
        raise SubscriptionInvalid(
            _("It is of another: end this subscription and make a new one."), field="owner"
        )
    if (account.livemode if account else order.livemode) != before.livemode:
        raise SubscriptionInvalid(
            _("It is of the other mode: end this subscription and make a new one."),
            field="livemode",
        )


def _check_server(order: SubscriptionOrder) -> None:
    if not HOST.fullmatch(order.host):
        raise SubscriptionInvalid(_("This is no host."), field="host")
    if not 1 <= order.port <= 65535:
        raise SubscriptionInvalid(_("This is no port."), field="port")
    if not USERNAME.fullmatch(order.username):
        raise SubscriptionInvalid(_("This is no user."), field="username")
    if not FOLDER.fullmatch(order.folder):
        raise SubscriptionInvalid(_("This is no folder."), field="folder")


def _keys(text: str) -> str:
    try:
        return as_lines(read_keys(text, field="host_keys"))
    except DomainError as refusal:
        raise SubscriptionInvalid(
            _("Host keys: %(why)s") % {"why": refusal.detail}, field="host_keys"
        ) from refusal


def _credentials(
    order: SubscriptionOrder, before: ReportSubscription | None
) -> tuple[dict[str, str], str]:
    """What we prove ourselves with, and the public half of it for the receiver. A key is kept for
    the server it was made for: another one is shown another."""
    if order.password:
        return {"password": order.password}, ""
    if before is not None and before.our_public_key and before.host == order.host:
        return unseal(before, context=CREDENTIALS_CONTEXT), before.our_public_key
    return new_key("day_reports")
