from __future__ import annotations

from apps.providers.contract import ReadsStatements
from apps.providers.models import ProviderAccount
from apps.providers.registry import connector_for


def reader_for(account: ProviderAccount) -> ReadsStatements | None:
    """What reads the reports of this account; None: nothing can yet.

    Raises CredentialsUnreadable.
    """
    reader = connector_for(account)
    return reader if isinstance(reader, ReadsStatements) else None
