from __future__ import annotations

from datetime import datetime

from apps.core.public_ids import new_id_at
from apps.core.work.outbox import enqueue
from apps.support_tickets.models import (
    ClockKind,
    ClockState,
    Ticket,
    TicketClock,
    TicketPriority,
    TicketStatus,
)
from apps.support_tickets.rules.author import SYSTEM
from apps.support_tickets.rules.business_hours import (
    BusinessHours,
    after_open_seconds,
    open_seconds,
)
from apps.support_tickets.rules.event_kinds import EventKind
from apps.support_tickets.rules.sla_clock import Change, elapsed_seconds, reached_at
from apps.support_tickets.selectors.find_policy import find_policy
from apps.support_tickets.selectors.load_hours import load_hours
from apps.support_tickets.transitions import write_event

TELL = "ticket.tell_staff"

# While it is our turn; else we wait for somebody, or it is done.
COUNTING = frozenset({TicketStatus.NEW, TicketStatus.OPEN})

# A broken promise makes the ticket more urgent, by one.
MORE_URGENT = {
    TicketPriority.LOW: TicketPriority.NORMAL,
    TicketPriority.NORMAL: TicketPriority.HIGH,
    TicketPriority.HIGH: TicketPriority.CRITICAL,
}


def keep_clocks(ticket: Ticket, *, now: datetime) -> None:
    """Make the clocks of a locked ticket agree with it: called after each change, and when one of
    them is due. The caller saves the ticket.

    A clock stands while we wait for others and once it is done, and goes on to the second. Another
    priority counts all of it anew by its own policy; what is broken stays broken. Warnings and
    breaches are written into the history, and staff are told, once each.
    """
    clocks = {clock.kind: clock for clock in TicketClock.objects.filter(ticket=ticket)}
    # The resolution first: broken, it changes the priority by which the other one counts.
    for kind in (ClockKind.RESOLUTION, ClockKind.FIRST_ANSWER):
        clock = clocks.get(kind) or _new_clock(ticket, kind)
        if clock is not None:
            _keep(clock, ticket, now=now)


def _new_clock(ticket: Ticket, kind: ClockKind) -> TicketClock | None:
    clock = TicketClock(
        id=new_id_at(ticket.created_at),
        ticket=ticket,
        kind=kind,
        state=ClockState.PAUSED,
        is_running=False,
        changed_at=ticket.created_at,
        created_at=ticket.created_at,
    )
    return clock if _promise(clock, ticket) else None


def _promise(clock: TicketClock, ticket: Ticket) -> bool:
    """Set what is promised of the ticket as it is; False where nothing is."""
    policy = find_policy(merchant_id=ticket.merchant_id, priority=ticket.priority)
    if policy is None:
        return False
    is_answer = clock.kind == ClockKind.FIRST_ANSWER
    clock.priority = policy.priority
    clock.target_minutes = policy.first_answer_minutes if is_answer else policy.resolution_minutes
    clock.warning_percent = policy.warning_percent
    clock.calendar_id = policy.calendar_id
    return True


def _keep(clock: TicketClock, ticket: Ticket, *, now: datetime) -> None:
    # Another host's clock may go behind: no second is counted twice.
    now = max(now, clock.changed_at)
    is_answer = clock.kind == ClockKind.FIRST_ANSWER
    ended_at = ticket.first_answered_at if is_answer else ticket.resolved_at
    is_running = ended_at is None and ticket.status in COUNTING
    is_anew = clock.priority != ticket.priority and ended_at is None
    is_anew = is_anew and clock.state != ClockState.BREACHED and _promise(clock, ticket)
    hours = load_hours(clock.calendar_id)
    broken_at = None
    if is_anew:
        # All of it by the new policy, from what happened to the ticket.
        changes = _changes(ticket)
        broken_at = reached_at(hours, changes, seconds=clock.target_minutes * 60)
        clock.elapsed_s = elapsed_seconds(hours, changes, now=now)
    elif clock.is_running:
        left_s = clock.target_minutes * 60 - clock.elapsed_s
        broken_at = after_open_seconds(hours, clock.changed_at, left_s)
        clock.elapsed_s += open_seconds(hours, clock.changed_at, now)
    clock.is_running, clock.changed_at, clock.ended_at = is_running, now, ended_at
    if clock.state != ClockState.BREACHED and clock.elapsed_s > clock.target_minutes * 60:
        _break(clock, ticket, at=broken_at or now, now=now)
    elif clock.state != ClockState.BREACHED:
        clock.state = _state(is_running=is_running, ended_at=ended_at)
    _look_next(clock, ticket, hours, now=now)
    clock.save()


def _state(*, is_running: bool, ended_at: datetime | None) -> ClockState:
    if ended_at is not None:
        return ClockState.MET
    return ClockState.RUNNING if is_running else ClockState.PAUSED


def _changes(ticket: Ticket) -> list[Change]:
    """When it was our turn and when not, as its history has it."""
    moves = ticket.events.filter(kind__in=(EventKind.CREATED, EventKind.STATUS)).order_by("number")
    return [Change(one.created_at, one.data["to"] in COUNTING) for one in moves]


def _look_next(
    clock: TicketClock, ticket: Ticket, hours: BusinessHours | None, *, now: datetime
) -> None:
    """Set when it is due and when to say something of it; the warning, if it is time for that."""
    clock.next_look_at = None
    if not clock.is_running:
        if clock.state == ClockState.PAUSED:
            clock.due_at = None
        return
    target_s = clock.target_minutes * 60
    clock.due_at = after_open_seconds(hours, now, target_s - clock.elapsed_s)
    if clock.state == ClockState.BREACHED:
        clock.due_at = clock.breached_at
        return
    warning_s = target_s * clock.warning_percent // 100
    if clock.warned_at is None and clock.elapsed_s >= warning_s:
        clock.warned_at = now
        _say(clock, ticket, EventKind.WARNED, now=now)
    if clock.warned_at is None:
        clock.next_look_at = after_open_seconds(hours, now, warning_s - clock.elapsed_s)
    elif clock.due_at is not None:
        clock.next_look_at = after_open_seconds(hours, now, target_s - clock.elapsed_s + 1)


def _break(clock: TicketClock, ticket: Ticket, *, at: datetime, now: datetime) -> None:
    clock.state, clock.breached_at = ClockState.BREACHED, at
    _say(clock, ticket, EventKind.BREACHED, now=now)
    higher = MORE_URGENT.get(TicketPriority(ticket.priority))
    if clock.kind == ClockKind.RESOLUTION and higher is not None and clock.ended_at is None:
        detail = {"from": str(ticket.priority), "to": str(higher)}
        ticket.priority = higher
        write_event(ticket, EventKind.PRIORITY, author=SYSTEM, now=now, data=detail)


def _say(clock: TicketClock, ticket: Ticket, kind: EventKind, *, now: datetime) -> None:
    write_event(ticket, kind, author=SYSTEM, now=now, data={"clock": str(clock.kind)})
    enqueue(TELL, now=now, ticket_id=str(ticket.pk), what=str(kind), clock=str(clock.kind))
