from __future__ import annotations

from django.db.models import Q

from apps.reconciliation.models import StatementLine


def same_movement(line: StatementLine) -> Q:
    """Of discrepancies: those whose line is of the same movement, as rules.given_up knows it; one
    that names nothing is known by its text."""
    theirs, ours = line.provider_reference, line.reference
    same = Q(line__provider_reference=theirs) if theirs else Q(line__in=[])
    if ours:
        alike = Q(line__reference=ours)
        same |= alike & Q(line__provider_reference="") if theirs else alike
    return same if theirs or ours else Q(line__raw=line.raw)
