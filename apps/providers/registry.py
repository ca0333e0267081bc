"""Connectors by code, each instance holding one account's credentials and token cache."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from importlib import import_module
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connection

from apps.core import database_clock
from apps.providers import connectors
from apps.providers.checked_connector import CheckedConnector
from apps.providers.contract import (
    ChecksPayee,
    Closes,
    ConnectorProfile,
    CredentialsUnreadable,
    ListsMovements,
    Operation,
    OperationProfile,
    Queries,
    ReadsBalances,
)
from apps.providers.kit.credential_fields import CredentialField
from apps.providers.models import ProviderAccount
from apps.providers.transports.http import HttpTransport
from apps.vault.encryption import decrypt, encrypt

# Connector and fingerprint of the credentials.
_BuiltOf = tuple[str, bytes]

CREDENTIALS_CONTEXT = "providers_provideraccount.credentials"


_MODULES = {
    code: import_module(f"{connectors.__name__}.{code}.connector") for code in connectors.CODES
}

# Code -> (how to read its credentials, its class).
CONNECTORS: Mapping[str, tuple[Callable[[Mapping[str, str]], Any], Any]] = {
    code: (module.READ_CONFIG, module.CONNECTOR) for code, module in _MODULES.items()
}

# Code -> what staff are asked for.
CREDENTIAL_FIELDS: Mapping[str, tuple[CredentialField, ...]] = {
    code: module.CREDENTIALS for code, module in _MODULES.items()
}

PROFILES: Mapping[str, ConnectorProfile] = {
    code: connector.profile for code, (_, connector) in CONNECTORS.items()
}


def profile_of(connector: str, operation: Operation) -> OperationProfile | None:
    """How this connector's rail serves an operation; None if it does not, or is not known."""
    profile = PROFILES.get(connector)
    return profile.operations.get(operation) if profile else None


def checks_payees(connector: str) -> bool:
    """Whether this connector's rail can be asked about a payee."""
    return connector in CONNECTORS and issubclass(CONNECTORS[connector][1], ChecksPayee)


def reads_balances(connector: str) -> bool:
    """Whether this connector's rail says how much our wallets hold."""
    return connector in CONNECTORS and issubclass(CONNECTORS[connector][1], ReadsBalances)


def lists_movements(connector: str) -> bool:
    """Whether this connector's rail can be asked what moved on a day."""
    return connector in CONNECTORS and issubclass(CONNECTORS[connector][1], ListsMovements)


def operation_profile(account: ProviderAccount, operation: Operation) -> OperationProfile:
    """As profile_of, for an account that has instructions of this operation."""
    return PROFILES[account.connector].operations[operation]


def unknown_reference_grace(account: ProviderAccount, operation: Operation) -> timedelta:
    """How long "never heard of it" proves nothing at this account's provider: never shorter than an
    order may be under way."""
    grace_s = account.unknown_reference_grace_s
    if grace_s is None:
        grace_s = operation_profile(account, operation).unknown_reference_grace_s
    return max(settings.SUBMIT_LEASE, timedelta(seconds=grace_s))


def _now() -> datetime:
    """The database's time, by which `not_after` was reckoned.

    Measuring it takes a connection, which no thread holds while it waits for a provider.
    """
    try:
        return database_clock.now()
    finally:
        if not connection.in_atomic_block:
            connection.close()


_transport = HttpTransport(_now)
_guard = threading.Lock()
# Of each account the connector it has now, and what it was built of.
_instances: dict[UUID, tuple[_BuiltOf, Queries]] = {}


def connector_for(account: ProviderAccount) -> Queries:
    """The connector of this account. Ask it what it can do: isinstance(connector, Collects).

    One built of what the account was before is closed; calls it has under way may end. Raises
    CredentialsUnreadable: nothing can be sent or asked until a person has mended them.
    """
    built_of = (account.connector, credentials_fingerprint(account))
    former, found = _instances.get(account.pk, (None, None))
    if found is not None and former == built_of:
        return found
    with _guard:
        former, outdated = _instances.get(account.pk, (None, None))
        if outdated is not None and former == built_of:
            return outdated
        built = _build(account)
        _instances[account.pk] = built_of, built
    if isinstance(outdated, Closes):
        outdated.close()
    return built


def encrypt_credentials(account_id: UUID, credentials: Mapping[str, str]) -> bytes:
    """Credentials as the account row keeps them; check them with `check_credentials` first."""
    return encrypt(json.dumps(dict(credentials)), context=CREDENTIALS_CONTEXT, row_id=account_id)


def check_credentials(connector: str, credentials: Mapping[str, str]) -> None:
    """Raises ValueError naming what is missing."""
    CONNECTORS[connector][0](credentials)


def credentials_fingerprint(account: ProviderAccount) -> bytes:
    """Eight bytes that change with the credentials. A reference sent with others may be unknown to
    the provider under these, which then proves nothing."""
    digest = hashlib.sha256(bytes(account.credentials_encrypted)).digest()
    if account.kept_fingerprint and bytes(account.kept_fingerprint_of or b"") == digest:
        return bytes(account.kept_fingerprint)
    return digest[:8]


def read_credentials(account: ProviderAccount) -> dict[str, str]:
    """Raises CredentialsUnreadable."""
    try:
        found: dict[str, str] = json.loads(
            decrypt(account.credentials_encrypted, context=CREDENTIALS_CONTEXT, row_id=account.pk)
        )
    except Exception as error:
        # Not encrypted by us, not ours to open, not JSON: each means the same.
        raise _unreadable(error) from error
    return found


def keep_fingerprint(account: ProviderAccount, fingerprint: bytes) -> None:
    """What is encrypted now is the same credentials as before: `fingerprint` stays theirs."""
    account.kept_fingerprint = fingerprint
    account.kept_fingerprint_of = hashlib.sha256(bytes(account.credentials_encrypted)).digest()


def _build(account: ProviderAccount) -> Queries:
    try:
        read_config, connector = CONNECTORS[account.connector]
        config = read_config(read_credentials(account))
        built = connector(config=config, transport=_transport, clock=_now)
    except CredentialsUnreadable:
        raise
    except Exception as error:
        # Not complete, or of no connector that we know.
        raise _unreadable(error) from error
    return CheckedConnector(built, transport=_transport)


def _unreadable(error: Exception) -> CredentialsUnreadable:
    return CredentialsUnreadable(
        f"the credentials of this account cannot be read: {type(error).__name__}"
    )
