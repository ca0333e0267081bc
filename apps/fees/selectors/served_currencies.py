from __future__ import annotations

from apps.providers.selectors.accounts import all_accounts


def served_currencies() -> set[tuple[str, str]]:
    """Connector and currency of every account that moves money now."""
    return {
        (account.connector, account.currency) for account in all_accounts() if account.is_active
    }
