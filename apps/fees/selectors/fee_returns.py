from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from apps.fees.models import FeeLine


def fee_returns(line_ids: Collection[UUID]) -> dict[UUID, str]:
    """What refunds give back of the fees that were charged by these lines: their versions say so.
    One query."""
    lines = FeeLine.objects.filter(pk__in=line_ids)
    return dict(lines.values_list("pk", "version__fee_return"))
