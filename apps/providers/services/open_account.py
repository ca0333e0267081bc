from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from apps.audit.services.record import record
from apps.providers.models import ProviderAccount
from apps.providers.registry import encrypt_credentials
from apps.providers.rules.account_order import AccountOrder, ProviderAccountInvalid
from apps.providers.selectors.account_problems import account_problems, credential_problems
from apps.providers.services.take_staged import take_staged


@transaction.atomic
def open_account(
    payload: Mapping[str, Any],
    *,
    requested_by: str,
    approved_by: str,
    reason: str,
    now: datetime,
) -> ProviderAccount:
    """An account is there, active, once two people agreed on all of it: before, there is none that
    anybody could switch on.

    Args:
        payload: an AccountOrder, and what stage_credentials returned.

    Raises:
        ProviderAccountInvalid: with the first field that is not possible, or no longer; or the
            account is open already.
        StagedCredentialsGone: its credentials are not those that were shown.
    """
    order = AccountOrder.of(payload)
    credentials = take_staged(payload)
    if ProviderAccount.objects.filter(pk=UUID(payload["account_id"])).exists():
        raise ProviderAccountInvalid(_("This account is open already."))
    problems = account_problems(order) or credential_problems(
        order.connector, credentials, operations=order.operations, livemode=order.livemode
    )
    for field, problem in problems.items():
        raise ProviderAccountInvalid(problem, field=field)
    account = ProviderAccount(
        **{**order.as_payload(), "merchant_id": order.merchant_id and UUID(order.merchant_id)},
        id=UUID(payload["account_id"]),
        created_at=now,
    )
    account.credentials_encrypted = encrypt_credentials(account.pk, credentials)
    account.save(force_insert=True)
    record(
        actor=approved_by,
        action="provider_account.opened",
        target=account.public_id,
        detail={
            **order.as_payload(),
            "fingerprint": payload["fingerprint"],
            "requested_by": requested_by,
            "reason": reason,
        },
        now=now,
    )
    return account
