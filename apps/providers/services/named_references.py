from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from apps.providers.contract import CallbackRejected, ParsesCallbacks
from apps.providers.models import Callback, ProviderAccount
from apps.providers.registry import connector_for
from apps.providers.selectors.accounts import account_by_id
from apps.providers.services.read_callback import read_callback


def named_references(callback: Callback) -> Sequence[UUID]:
    """The references that a callback to an account's address names, bounded: of each the provider
    is to be asked, if it is that of an attempt of this account.

    Raises:
        CallbackRejected: it cannot be from the provider, or came to another one's address.
        CredentialsUnreadable: nothing can be checked until a person has mended them.
    """
    account_id = callback.provider_account_id
    if account_id is None:
        return ()
    # One that is newer than what is cached is read.
    account = account_by_id(account_id) or ProviderAccount.objects.filter(pk=account_id).first()
    if account is None:
        raise CallbackRejected("no such account")
    if account.connector != callback.connector:
        raise CallbackRejected("sent to another provider's address")
    connector = connector_for(account)
    if not isinstance(connector, ParsesCallbacks):
        raise CallbackRejected("this provider sends no callbacks")
    return connector.parse_callback(read_callback(callback, connector_state={}))
