from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from apps.audit.services.record import record
from apps.providers.models import ProviderAccount
from apps.providers.registry import credentials_fingerprint, encrypt_credentials
from apps.providers.rules.account_order import CredentialsChanged, ProviderAccountInvalid
from apps.providers.selectors.account_problems import credential_problems
from apps.providers.selectors.shown_settings import undeclared_settings
from apps.providers.services.take_staged import take_staged


@transaction.atomic
def replace_credentials(
    payload: Mapping[str, Any],
    *,
    requested_by: str,
    approved_by: str,
    reason: str,
    now: datetime,
) -> ProviderAccount:
    """An account has the credentials that two people agreed on, and no others: what is sent or
    asked from then on is sent with them. How its reports are read stays.

    Args:
        payload: what stage_credentials returned, and fingerprint_before: of those it had.

    Raises:
        CredentialsChanged: it has others than those that were shown.
        ProviderAccountInvalid: the connector does not take them, by now.
        StagedCredentialsGone: they are not those that were shown.
    """
    account = ProviderAccount.objects.select_for_update().get(pk=UUID(payload["account_id"]))
    if credentials_fingerprint(account).hex() != payload["fingerprint_before"]:
        raise CredentialsChanged
    credentials = {**undeclared_settings(account), **take_staged(payload)}
    problems = credential_problems(
        account.connector, credentials, operations=account.operations, livemode=account.livemode
    )
    for field, problem in problems.items():
        raise ProviderAccountInvalid(problem, field=field)
    account.credentials_encrypted = encrypt_credentials(account.pk, credentials)
    # Of those that are gone.
    account.kept_fingerprint = account.kept_fingerprint_of = None
    account.save(update_fields=["credentials_encrypted", "kept_fingerprint", "kept_fingerprint_of"])
    record(
        actor=approved_by,
        action="provider_account.credentials_replaced",
        target=account.public_id,
        detail={
            "fingerprint": payload["fingerprint"],
            "requested_by": requested_by,
            "reason": reason,
        },
        now=now,
    )
    return account
