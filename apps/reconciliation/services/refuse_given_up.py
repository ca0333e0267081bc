from __future__ import annotations

from django.utils.translation import gettext as _

from apps.reconciliation.models import Discrepancy
from apps.reconciliation.rules.same_movement import same_movement
from apps.reconciliation.rules.write_off import (
    GIVEN_UP,
    GIVEN_UP_OF_ATTEMPT,
    GIVEN_UP_OF_LINE,
    WriteOffRefused,
)


def refuse_given_up(row: Discrepancy) -> None:
    """Refuse to book a discrepancy whose money was booked by another: a report that comes again, or
    otherwise, opens anew what was written off or corrected before: the same movement, by whichever
    of its references the two lines have.

    Raises:
        WriteOffRefused.
    """
    before = Discrepancy.objects.filter(
        provider_account_id=row.provider_account_id,
        status__in=GIVEN_UP,
        **{"value_at_risk__gt" if row.value_at_risk > 0 else "value_at_risk__lt": 0},
    )
    line = row.line
    if row.kind == Discrepancy.Kind.FEE_DIFFERS:
        before = before.filter(kind=row.kind, attempt_id=row.attempt_id)
    elif row.kind in GIVEN_UP_OF_ATTEMPT:
        before = before.filter(kind__in=GIVEN_UP_OF_ATTEMPT, attempt_id=row.attempt_id)
    elif line is not None:
        before = before.filter(same_movement(line), kind__in=GIVEN_UP_OF_LINE)
    found = before.exclude(pk=row.pk).order_by("id").first()
    if found is not None:
        raise WriteOffRefused(
            _("%(id)s is about money that is booked already, by %(other)s.")
            % {"id": row.public_id, "other": found.public_id}
        )
