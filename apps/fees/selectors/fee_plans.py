"""Which lines hold for a merchant, kept by each process for a moment: charging asks no database."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import F, Q

from apps.core import database_clock
from apps.core.ttl_cache import TtlCache
from apps.fees.models import FeeLine
from apps.fees.rules.begins_at import KEPT_S
from apps.fees.rules.fee_terms import FeeTerms, terms_of


@dataclass(frozen=True, slots=True)
class _Held:
    """A line, and when it holds for the merchant."""

    terms: FeeTerms
    begins_at: datetime
    ends_at: datetime | None


def current_lines(merchant_id: UUID, *, now: datetime) -> list[FeeTerms]:
    """The lines of the version of its plan that hold for this merchant; no query if they were read
    within half a minute."""
    return [
        held.terms
        for held in _lines.get(merchant_id)
        if held.begins_at <= now and (held.ends_at is None or now < held.ends_at)
    ]


def _load(merchant_id: UUID) -> Sequence[_Held]:
    """Those that hold or will: what begins while they are kept begins in time. One query."""
    # Processes' clocks differ a little, and whoever asks says when.
    ended = database_clock.now() - timedelta(days=1)
    given = "version__plan__merchants__"
    found = (
        FeeLine.objects.filter(
            Q(version__valid_until__isnull=True) | Q(version__valid_until__gt=ended),
            Q(**{f"{given}valid_until__isnull": True}) | Q(**{f"{given}valid_until__gt": ended}),
            **{f"{given}merchant_id": merchant_id},
        )
        .select_related("version__plan")
        .annotate(given_from=F(f"{given}valid_from"), given_until=F(f"{given}valid_until"))
    )
    return [
        _Held(
            terms_of(line, plan_currency=line.version.plan.currency),
            max(line.version.valid_from, line.given_from),
            _earlier(line.version.valid_until, line.given_until),
        )
        for line in found
    ]


def _earlier(one: datetime | None, other: datetime | None) -> datetime | None:
    return min((each for each in (one, other) if each is not None), default=None)


_lines: TtlCache[UUID, Sequence[_Held]] = TtlCache(_load, seconds=KEPT_S)
