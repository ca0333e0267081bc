from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from apps.audit.services.record import record
from apps.statement_formats.models import StatementProfile, StatementProfileVersion
from apps.statement_formats.rules.layout_digest import layout_digest
from apps.statement_formats.services.add_version import add_version


def activate_approved_version(
    payload: Mapping[str, Any],
    *,
    requested_by: str,
    approved_by: str,
    reason: str,
    now: datetime,
) -> StatementProfileVersion:
    """The version that two people agreed on, with the layout that both saw.

    Args:
        payload: profile_id, after_number, layout; preview, which was shown and changes nothing.

    Raises:
        LayoutRefused, StatementProfileChanged: see add_version.
    """
    profile = StatementProfile.objects.get(pk=UUID(payload["profile_id"]))
    version = add_version(
        profile=profile,
        layout=payload["layout"],
        after_number=payload["after_number"],
        requested_by=requested_by,
        approved_by=approved_by,
        now=now,
    )
    record(
        actor=approved_by,
        action="statement_profile.activated",
        target=profile.public_id,
        detail={
            "id": str(version.pk),
            "version": version.number,
            "layout_digest": layout_digest(version.layout),
            "requested_by": requested_by,
            "reason": reason,
        },
        now=now,
    )
    return version
