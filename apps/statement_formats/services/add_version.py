from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from apps.core.errors import DomainError
from apps.statement_formats.models import StatementProfile, StatementProfileVersion
from apps.statement_formats.rules.check_layout import LayoutRefused, read_layout
from apps.statement_formats.rules.layout import OF_BANKS, layout_as_json


class StatementProfileChanged(DomainError):
    code = "statement_profile_changed"
    status = 409
    title = "The profile has changed since. Look at it again."


@transaction.atomic
def add_version(
    *,
    profile: StatementProfile,
    layout: Mapping[str, Any],
    after_number: int,
    requested_by: str,
    approved_by: str,
    now: datetime,
) -> StatementProfileVersion:
    """The next version of a profile, which holds from now on.

    Args:
        after_number: of the version it follows; 0 for the first.

    Raises:
        LayoutRefused: see read_layout; or the layout names one account, and the profile is of all.
        StatementProfileChanged: another version came meanwhile.
    """
    read = read_layout(layout)
    if read.format in OF_BANKS and profile.provider_account_id is None:
        raise LayoutRefused(
            _("A bank’s statement is of one account: make a profile of that account."),
            field="format",
        )
    StatementProfile.objects.select_for_update().get(pk=profile.pk)
    before = profile.versions.order_by("-number").first()
    if (before.number if before else 0) != after_number:
        raise StatementProfileChanged(
            _("Another version of this profile came meanwhile. Look at it again.")
        )
    if before is not None:
        # Two servers' clocks may differ: a version never ends before it begins.
        now = max(now, before.valid_from)
        before.valid_until = now
        before.save(update_fields=["valid_until"])
    return StatementProfileVersion.objects.create(
        profile=profile,
        number=after_number + 1,
        layout=layout_as_json(read),
        requested_by=requested_by,
        approved_by=approved_by,
        valid_from=now,
    )
