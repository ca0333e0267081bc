from __future__ import annotations

import hmac
from collections.abc import Callable
from typing import TypeVar
from uuid import UUID

from apps.approvals.models import AgreedVersion
from apps.core.errors import DomainError

Version = TypeVar("Version", bound=AgreedVersion)


def lock_draft(
    model: type[Version],
    draft_id: str,
    *,
    digest_of: Callable[[Version], str],
    shown_digest: str,
    approved_by: str,
    refusal: DomainError,
) -> Version:
    """The draft that two people agreed on, locked.

    Raises:
        `refusal`: it is not what was shown, holds already, or who approves it made it.
    """
    drafts = model._default_manager.select_for_update(of=("self",))
    draft = drafts.filter(pk=UUID(draft_id)).first()
    if (
        draft is None
        or draft.number is not None
        or draft.created_by == approved_by
        or not hmac.compare_digest(digest_of(draft), shown_digest)
    ):
        raise refusal
    return draft
