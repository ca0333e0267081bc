from __future__ import annotations

from django.utils import timezone

from apps.core.work.leased_rows import LeasedRow
from apps.disputes.services.follow_up_dispute import follow_up_dispute


def follow_up(item: LeasedRow) -> None:
    follow_up_dispute(dispute_id=item.id, leased_until=item.leased_until, now=timezone.now())
