from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from apps.orchestration.models import Attempt
from apps.providers.models import ProviderAccount


def known_references(
    references: Sequence[str], *, connector: str, account_id: UUID | None = None
) -> int:
    """How many of these statement references are of our attempts: at this account, or at any
    account of the connector. At most a few thousand at once.
    """
    accounts: list[UUID | None] = [account_id]
    if account_id is None:
        of_connector = ProviderAccount.objects.filter(connector=connector)
        accounts = list(of_connector.values_list("pk", flat=True))
    known = set(
        Attempt.objects.filter(
            provider_account_id__in=accounts, statement_reference__in=references
        ).values_list("statement_reference", flat=True)
    )
    return sum(1 for reference in references if reference in known)
