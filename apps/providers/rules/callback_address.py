"""Where a provider sends the callbacks of all that an account asked, if it has one address only."""

from __future__ import annotations

from django.conf import settings

from apps.providers.models import ProviderAccount
from apps.vault.tokens import sign_token

ACCOUNT_TOKEN = "account_callback"  # noqa: S105 (a purpose)


def account_callback_url(account: ProviderAccount) -> str:
    """To be entered at the provider. Whoever has it can make us ask about our own orders."""
    token = sign_token(ACCOUNT_TOKEN, account.pk)
    return f"{settings.PUBLIC_URL}/callbacks/{account.connector}/account/{token}"
