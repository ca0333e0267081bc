from __future__ import annotations

from apps.core import database_clock
from apps.core.work.leased_rows import LeasedRow
from apps.disputes.services.follow_up_dispute import follow_up_dispute
from apps.disputes.services.open_dispute_from_line import open_dispute_from_line


def follow_up(item: LeasedRow) -> None:
    follow_up_dispute(dispute_id=item.id, leased_until=item.leased_until, now=database_clock.now())


def open_from_file(item: LeasedRow) -> None:
    open_dispute_from_line(
        line_id=item.id, leased_until=item.leased_until, now=database_clock.now()
    )
