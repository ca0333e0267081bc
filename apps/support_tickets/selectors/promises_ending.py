from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from apps.core.alerts import Finding, Parameters
from apps.support_tickets.models import TicketClock, TicketPriority

URGENT = (TicketPriority.CRITICAL, TicketPriority.HIGH)


def promises_ending(parameters: Parameters, now: datetime) -> Iterable[Finding]:
    """Urgent tickets of live mode whose promised time is used up within `ahead_s`: one finding.

    What is broken already was told to the team (services.look_at_clock) and is not found here.
    """
    soon = now + timedelta(seconds=parameters["ahead_s"])
    # Few of all clocks have something left to say: the index has those alone.
    ending = TicketClock.objects.filter(
        next_look_at__isnull=False, due_at__lte=soon, priority__in=URGENT, ticket__livemode=True
    )
    clocks = list(ending.select_related("ticket").order_by("due_at"))
    if clocks:
        first = clocks[0]
        left_s = max(0.0, (first.due_at - now).total_seconds()) if first.due_at else 0.0
        yield Finding(
            facts={
                "tickets": len({clock.ticket_id for clock in clocks}),
                "ticket": first.ticket.shown_number,
                "minutes": round(left_s / 60),
            }
        )
