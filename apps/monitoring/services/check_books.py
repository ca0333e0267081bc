from __future__ import annotations

from datetime import datetime, timedelta

from apps.monitoring.models import BookCheck
from apps.reconciliation.selectors.find_violations import find_violations

# What changed in so much time is checked each minute, and everything once a day.
CHANGES = timedelta(minutes=5)
WHOLE_EVERY = timedelta(days=1)
EXAMPLES_MAX = 5


def check_books(*, now: datetime) -> BookCheck:
    """Prove the books, and write down what came of it: what changed lately, or, when that has not
    been done for a day, everything."""
    newest = BookCheck.objects.filter(is_whole=True).order_by("-id").first()
    is_whole = newest is None or now - newest.checked_at >= WHOLE_EVERY
    findings = find_violations(now=now, since=None if is_whole else now - CHANGES)
    broken = [finding for finding in findings if finding.violations]
    return BookCheck.objects.create(
        is_whole=is_whole,
        violations=sum(finding.violations for finding in broken),
        examples=[
            " ".join([finding.invariant.id, finding.invariant.name, *finding.examples])
            for finding in broken[:EXAMPLES_MAX]
        ],
        checked_at=now,
    )
