from __future__ import annotations

from datetime import datetime
from typing import TypeVar

from apps.approvals.models import AgreedVersion
from apps.core.errors import DomainError

Version = TypeVar("Version", bound=AgreedVersion)


def approve_version(
    draft: Version,
    *,
    last: Version | None,
    approved_by: str,
    valid_from: datetime,
    refusal: DomainError,
) -> None:
    """A draft holds from then on, with the next number. Whoever calls has locked what it is of.

    Args:
        last: the latest one that holds or did.

    Raises:
        `refusal`: the last one was drafted after this.
    """
    if last is not None and last.created_at > draft.created_at:
        raise refusal
    draft.number = last.number + 1 if last is not None and last.number else 1
    draft.approved_by, draft.valid_from = approved_by, valid_from
    draft.save(update_fields=["number", "approved_by", "valid_from"])
