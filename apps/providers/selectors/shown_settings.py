"""Of an account's credentials, what is no secret."""

from __future__ import annotations

from apps.providers.contract import CredentialsUnreadable
from apps.providers.models import ProviderAccount
from apps.providers.registry import CREDENTIAL_FIELDS, read_credentials


def shown_settings(account: ProviderAccount) -> dict[str, str]:
    """Those that its connector declares and that may be shown; none where they do not open."""
    shown = [field.name for field in CREDENTIAL_FIELDS[account.connector] if not field.is_secret]
    found = _read(account)
    return {name: found[name] for name in shown if found.get(name)}


def undeclared_settings(account: ProviderAccount) -> dict[str, str]:
    """How its reports are read: nobody is asked for that together with its credentials."""
    declared = {field.name for field in CREDENTIAL_FIELDS.get(account.connector, ())}
    return {name: value for name, value in _read(account).items() if name not in declared}


def _read(account: ProviderAccount) -> dict[str, str]:
    try:
        return read_credentials(account)
    except CredentialsUnreadable:
        # New ones mend it.
        return {}
