"""What must hold among tickets, their histories and their clocks, one query each."""

from __future__ import annotations

from apps.core.invariant import Invariant
from apps.orchestration.invariants import values_of
from apps.support_tickets.models import DONE, TicketStatus
from apps.support_tickets.rules.moves import TICKET_MOVES

IS_DONE = f"t.status IN ({', '.join(repr(status.value) for status in DONE)})"
IS_OUR_TURN = f"t.status IN ('{TicketStatus.NEW.value}', '{TicketStatus.OPEN.value}')"
# When what a clock promises was done.
ENDED_AT = "CASE c.kind WHEN 'first_answer' THEN t.first_answered_at ELSE t.resolved_at END"
# With `since` what was written from then on, and whatever is done to a ticket is a step of its
# history; else all of it.
FIRST = "COALESCE(%(first_id)s::uuid, '00000000-0000-0000-0000-000000000000')"
CHANGED = (
    f"SELECT id FROM support_tickets_ticket WHERE id >= {FIRST}"  # noqa: S608
    f" UNION SELECT ticket_id FROM support_tickets_ticketevent WHERE id >= {FIRST}"
)


def _changed(table: str, ticket: str = "ticket_id") -> str:
    return f"(SELECT * FROM support_tickets_{table} WHERE {ticket} IN ({CHANGED}))"  # noqa: S608


TICKETS = _changed("ticket", "id")
EVENTS = _changed("ticketevent")
MESSAGES = _changed("ticketmessage")
CLOCKS = _changed("ticketclock")
# What a customer binds a ticket to.
SUBJECTS = " UNION ALL ".join(
    f"SELECT '{kind}', id, merchant_id, livemode FROM {table}"  # noqa: S608
    f" WHERE id IN (SELECT about_id FROM {TICKETS} a)"
    for kind, table in (
        ("payment", "payments_payment"),
        ("refund", "refunds_refund"),
        ("payout", "payouts_payout"),
        ("dispute", "disputes_dispute"),
    )
)

INVARIANTS: tuple[Invariant, ...] = (
    Invariant(
        "I16",
        "every move of a ticket is one the table allows",
        f"""
        SELECT e.id
          FROM {EVENTS} e
         WHERE e.kind IN ('created', 'status')
           AND ((e.data->>'from', e.data->>'to') IN (VALUES {values_of(TICKET_MOVES)})) IS NOT TRUE
        """,  # noqa: S608 (our own tables)
    ),
    Invariant(
        "I16",
        "a ticket's history is one path to its status, numbered without a gap",
        f"""
        SELECT t.id
          FROM {TICKETS} t
          LEFT JOIN (SELECT ticket_id, count(*) AS count, max(number) AS last,
                            array_agg(data->>'from' ORDER BY number)
                                FILTER (WHERE kind IN ('created', 'status')) AS froms,
                            array_agg(data->>'to' ORDER BY number)
                                FILTER (WHERE kind IN ('created', 'status')) AS tos
                       FROM {EVENTS} e GROUP BY ticket_id) path ON path.ticket_id = t.id
         WHERE array_append(path.froms, t.status::text)
               IS DISTINCT FROM array_prepend(''::text, path.tos)
            OR (path.count, path.last) IS DISTINCT FROM (t.sequence::bigint, t.sequence)
        """,  # noqa: S608
    ),
    Invariant(
        "I16",
        "every message is one step of its ticket's history",
        f"""
        SELECT COALESCE(m.id, e.message_id)
          FROM (SELECT ticket_id, message_id, kind, count(*) AS count FROM {EVENTS} e
                 WHERE kind IN ('message', 'note') GROUP BY ticket_id, message_id, kind) e
          FULL JOIN {MESSAGES} m
            ON (m.id, m.ticket_id) = (e.message_id, e.ticket_id)
           AND e.kind = CASE WHEN m.is_internal THEN 'note' ELSE 'message' END
         WHERE m.id IS NULL OR e.count IS DISTINCT FROM 1
        """,  # noqa: S608
    ),
    Invariant(
        "I16",
        "what is done says since when, and nobody waits for an answer in it",
        f"""
        SELECT t.id
          FROM {TICKETS} t
         WHERE {IS_DONE} <> (t.resolved_at IS NOT NULL)
            OR ({IS_DONE} AND t.unanswered_since IS NOT NULL)
        """,  # noqa: S608
    ),
    Invariant(
        "I16",
        "a ticket goes on in one of the same requester, which goes on in no other",
        f"""
        SELECT t.id
          FROM {TICKETS} t JOIN support_tickets_ticket i ON i.id = t.merged_into_id
         WHERE i.merged_into_id IS NOT NULL
            OR (t.requester_kind, t.merchant_id, t.livemode)
               IS DISTINCT FROM (i.requester_kind, i.merchant_id, i.livemode)
        """,  # noqa: S608
    ),
    Invariant(
        "I16",
        "what a ticket is about is of its merchant and mode",
        f"""
        SELECT t.id
          FROM {TICKETS} t
          LEFT JOIN ({SUBJECTS}) AS s (type, id, merchant_id, livemode)
            ON (s.type, s.id) = (t.about_type, t.about_id)
         WHERE t.about_type IN ('payment', 'refund', 'payout', 'dispute')
           AND (t.merchant_id, t.livemode) IS DISTINCT FROM (s.merchant_id, s.livemode)
        """,  # noqa: S608
    ),
    Invariant(
        "I16",
        "a clock runs while it is our turn and what it promises is not done, and at no other time",
        f"""
        SELECT c.id
          FROM {CLOCKS} c JOIN support_tickets_ticket t ON t.id = c.ticket_id
         WHERE c.ended_at IS DISTINCT FROM {ENDED_AT}
            OR c.is_running <> ({IS_OUR_TURN} AND c.ended_at IS NULL)
            OR (c.state <> 'breached'
                AND c.state <> CASE WHEN c.ended_at IS NOT NULL THEN 'met'
                                    WHEN c.is_running THEN 'running' ELSE 'paused' END)
        """,  # noqa: S608
    ),
    Invariant(
        "I16",
        "a warning and a broken promise stand in the history, once each",
        f"""
        SELECT c.id
          FROM {CLOCKS} c
          LEFT JOIN (SELECT ticket_id, data->>'clock' AS clock,
                            count(*) FILTER (WHERE kind = 'warned') AS warned,
                            count(*) FILTER (WHERE kind = 'breached') AS breached
                       FROM {EVENTS} e WHERE kind IN ('warned', 'breached')
                      GROUP BY 1, 2) said ON (said.ticket_id, said.clock) = (c.ticket_id, c.kind)
         WHERE (COALESCE(said.warned, 0), COALESCE(said.breached, 0))
               <> ((c.warned_at IS NOT NULL)::int, (c.breached_at IS NOT NULL)::int)
        """,  # noqa: S608
    ),
    # A lease is a minute; what fails is put off.
    Invariant(
        "I16",
        "a clock with something left to say is looked at, and no hour late",
        f"""
        SELECT id FROM {CLOCKS} c
         WHERE state = 'running' AND due_at IS NOT NULL AND next_look_at IS NULL
         UNION ALL
        SELECT id FROM support_tickets_ticketclock
         WHERE next_look_at < %(now)s - interval '1 hour'
        """,  # noqa: S608
    ),
)
