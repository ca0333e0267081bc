"""What must hold among attempts and the history of every move, one query each."""

from __future__ import annotations

from collections.abc import Mapping

from apps.approvals.rules.event_types import REQUESTED
from apps.core.invariant import Invariant
from apps.core.public_ids import sql_digits
from apps.orchestration.models import ATTEMPT_FINAL
from apps.orchestration.rules.owners import attempt_owners, attemptless_owners
from apps.orchestration.rules.poll_schedule import LAST_STEP_S
from apps.orchestration.transitions import ATTEMPT_MOVES, ATTEMPT_REPAIRS, Moves
from apps.webhooks.invariants import read_events

# The order of the moves of one owner, or of one attempt.
HISTORY_ORDER = "sequence NULLS FIRST, id"

# Our reference as providers' statements write it: apps/providers/connectors, statement_reference.
STATEMENT_REFERENCES = (
    "reference::text",
    "replace(reference::text, '-', '')",
    sql_digits("uuid_send(reference)"),
)

IS_OPEN = f"status NOT IN ({', '.join(repr(status.value) for status in ATTEMPT_FINAL)})"
OWNERS = ", ".join(repr(name) for name in attempt_owners())
MOVED = ", ".join(repr(name) for name in (*attempt_owners(), *attemptless_owners()))

# Two hosts need not agree on the second.
SKEW = "interval '1 minute'"


def values_of(allowed: Moves) -> str:
    """The rows of a VALUES list: every (from, to) of a table of moves."""
    return ", ".join(
        f"('{source}', '{to}')" for source, targets in allowed.items() for to in sorted(targets)
    )


def moves_by_table(owner_type: str, moves: Moves, repairs: Moves | None = None) -> Invariant:
    """Of the moves of one type of owner; `repairs`: what two people together may do."""
    repaired = (
        f"""AND NOT (c.source = 'staff'
                    AND (from_status, to_status) IN (VALUES {values_of(repairs)}))"""
        if repairs
        else ""
    )
    return Invariant(
        "I3",
        f"every move of a {owner_type} is one the table allows",
        f"""
        SELECT c.id
          FROM {{changes}} c
         WHERE c.attempt_id IS NULL AND c.owner_type = '{owner_type}'
           AND (from_status, to_status) NOT IN (VALUES {values_of(moves)})
           {repaired}
        """,  # noqa: S608 (our own tables)
    )


def owner_is_there(owner_type: str, table: str) -> Invariant:
    return Invariant(
        "I3",
        f"an attempt for a {owner_type}, and a move, is of one that is there",
        f"""
        SELECT a.id
          FROM {{attempts}} a
          LEFT JOIN {table} o ON o.id = a.payment_id
         WHERE a.owner_type = '{owner_type}' AND o.id IS NULL
         UNION ALL
        SELECT c.id
          FROM {{changes}} c
          LEFT JOIN {table} o ON o.id = c.payment_id
         WHERE c.owner_type = '{owner_type}' AND o.id IS NULL
        """,  # noqa: S608
    )


def succeeded_by_attempt(owner_type: str) -> Invariant:
    return Invariant(
        "I4",
        f"a {owner_type} succeeded exactly if an attempt did, or a person was called",
        f"""
        SELECT o.id
          FROM {{{owner_type}s}} o
          LEFT JOIN (SELECT payment_id, bool_or(needs_person) AS needs_person FROM {{attempts}} a
                      WHERE status = 'succeeded' GROUP BY payment_id) done
            ON done.payment_id = o.id
         WHERE (o.status = 'succeeded') <> (done.payment_id IS NOT NULL)
           AND done.needs_person IS NOT TRUE
        """,  # noqa: S608
    )


def _pattern(word: str) -> str:
    """For LIKE: itself alone."""
    return word.replace("_", "\\_")


def body_as_moved(
    owner_type: str, rows: str, *, prefix: str, told: str, told_since: Mapping[str, str]
) -> Invariant:
    """Of an owner whose events are its moves: each says the status that its move led to, and what
    the row says of money.

    Args:
        rows: which ones, e.g. "{refunds}".
        prefix: of its public ids.
        told: what every body says of the row `o`, as arguments of jsonb_build_object.
        told_since: what those say that are not of an earlier release: name in the body -> SQL.
    """
    since = " ".join(
        f"OR e.content #> '{{{{data,{name}}}}}' <> to_jsonb({value})"
        for name, value in told_since.items()
    )
    return Invariant(
        "I6",
        f"an event's body shows its {owner_type} as the move left it",
        f"""
        SELECT e.id
          FROM {read_events(f"e.type LIKE '{_pattern(owner_type)}.%%'")} e
          JOIN {rows} o ON o.id = e.object_id
          LEFT JOIN {{changes}} c
            ON c.payment_id = e.object_id AND c.sequence = e.sequence AND c.attempt_id IS NULL
           AND c.owner_type = '{owner_type}'
         WHERE (e.content -> 'data' @> jsonb_build_object(
                    'id', '{prefix}_' || {sql_digits("e.object_id_sent")}, 'object', '{owner_type}',
                    'livemode', o.livemode, 'status', c.to_status, 'currency', o.currency, {told}))
               IS NOT TRUE
            {since}
        """,  # noqa: S608 (our own words)
    )


def waits_with_its_approval(owner_type: str, action: str) -> Invariant:
    """Of an owner that others may have to approve: both wait, and end, together."""
    table = f"{owner_type}s_{owner_type}"
    return Invariant(
        "I18",
        f"a {owner_type} waits for approval exactly as long as its approval does, and ended as that"
        " was decided",
        f"""
        SELECT o.id
          FROM {{{owner_type}s}} o
          LEFT JOIN approvals_approval a ON a.id = o.approval_id AND a.action = '{action}'
         WHERE (o.approval_id IS NOT NULL OR o.status IN ('needs_approval', 'canceled'))
           AND (a.merchant_id, a.livemode, a.amount, a.currency, a.status)
               IS DISTINCT FROM
               (o.merchant_id, o.livemode, o.amount + o.fee + o.fee_tax, o.currency,
               CASE WHEN o.status = 'needs_approval' THEN 'pending'
                    WHEN o.status <> 'canceled' THEN 'approved'
                    WHEN a.status IN ('rejected', 'expired', 'withdrawn') THEN a.status END)
         UNION ALL
        SELECT a.id
          FROM approvals_approval a
         WHERE a.action = '{action}' AND a.status = 'pending'
           AND NOT EXISTS (SELECT FROM {table} o
                            WHERE o.approval_id = a.id AND o.status = 'needs_approval'
                              AND o.merchant_id = a.merchant_id AND o.livemode = a.livemode)
        """,  # noqa: S608
    )


INVARIANTS: tuple[Invariant, ...] = (
    Invariant(
        "I3",
        "every move of an attempt is one the tables allow",
        f"""
        SELECT c.id
          FROM {{changes}} c
         WHERE c.attempt_id IS NOT NULL
           AND (from_status, to_status) NOT IN (VALUES {values_of(ATTEMPT_MOVES)})
           AND NOT (c.source = 'staff'
                    AND (from_status, to_status) IN (VALUES {values_of(ATTEMPT_REPAIRS)}))
        """,  # noqa: S608 (our own tables)
    ),
    Invariant(
        "I3",
        "a move of an attempt is of one that is there, and of its owner",
        """
        SELECT c.id
          FROM {changes} c
          LEFT JOIN payments_attempt a
            ON a.id = c.attempt_id AND a.payment_id = c.payment_id AND a.owner_type = c.owner_type
         WHERE c.attempt_id IS NOT NULL AND a.id IS NULL
        """,
    ),
    Invariant(
        "I3",
        "nothing is of a type of owner that nobody answers for",
        f"""
        SELECT id FROM {{attempts}} a WHERE owner_type NOT IN ({OWNERS})
         UNION ALL SELECT id FROM {{changes}} c WHERE owner_type NOT IN ({MOVED})
        """,  # noqa: S608
    ),
    Invariant(
        "I3",
        "an attempt's history is one path to its status, numbered without a gap",
        f"""
        SELECT a.id
          FROM {{attempts}} a
          LEFT JOIN (SELECT attempt_id,
                            array_agg(from_status::text ORDER BY {HISTORY_ORDER}) AS froms,
                            array_agg(to_status::text ORDER BY {HISTORY_ORDER}) AS tos,
                            count(sequence) AS numbered, max(sequence) AS last
                       FROM {{changes}} c WHERE attempt_id IS NOT NULL
                      GROUP BY attempt_id) path ON path.attempt_id = a.id
         WHERE array_append(path.froms, a.status::text)
               IS DISTINCT FROM array_prepend(''::text, path.tos)
            OR (path.numbered, COALESCE(path.last, 0)) <> (a.sequence, a.sequence)
        """,  # noqa: S608
    ),
    Invariant(
        "I3",
        "a move is dated between its neighbours, and when its id was made",
        f"""
        SELECT id
          FROM (SELECT id, created_at, lag(created_at) OVER (
                       PARTITION BY payment_id, attempt_id ORDER BY {HISTORY_ORDER}) AS before
                  FROM {{changes}} c) dated
         WHERE before > created_at + {SKEW} OR created_at > %(now)s + {SKEW}
            OR abs(extract(epoch FROM created_at - uuid_extract_timestamp(id))) > 3600
        """,  # noqa: S608
    ),
    Invariant(
        "I3",
        "an attempt is dated by its history, and has an end and a reason if it should",
        f"""
        SELECT a.id
          FROM {{attempts}} a
          LEFT JOIN (SELECT attempt_id,
                            min(created_at) FILTER (WHERE from_status = '') AS born_at,
                            min(created_at) FILTER (WHERE to_status = 'submitted') AS sent_at,
                            array_agg(created_at) AS times
                       FROM {{changes}} c WHERE attempt_id IS NOT NULL
                      GROUP BY attempt_id) moved ON moved.attempt_id = a.id
         WHERE a.created_at IS DISTINCT FROM moved.born_at
            OR (a.submitted_at IS NOT NULL) <> (moved.sent_at IS NOT NULL)
            OR a.submitted_at < moved.sent_at - {SKEW} OR a.submitted_at > %(now)s + {SKEW}
            OR (a.completed_at IS NOT NULL) <> (NOT {IS_OPEN})
            OR NOT a.completed_at = ANY(moved.times)
            OR (a.status = 'failed' AND a.failure_code = '')
        """,  # noqa: S608
    ),
    Invariant(
        "I4",
        "at most one attempt of an owner succeeded",
        """
        SELECT payment_id FROM {attempts} a WHERE status = 'succeeded'
         GROUP BY payment_id HAVING count(*) > 1
        """,
    ),
    Invariant(
        "I4",
        "a provider's reference names one succeeded attempt",
        """
        SELECT a.id
          FROM {attempts} a
          JOIN payments_attempt b
            ON b.provider_account_id = a.provider_account_id
           AND b.provider_reference = a.provider_reference AND b.id <> a.id
         WHERE a.status = 'succeeded' AND b.status = 'succeeded' AND a.provider_reference <> ''
        """,
    ),
    # The keys under which MTN and Orange give it. It may have been cut to fit its column.
    Invariant(
        "I4",
        "an attempt's provider reference is the one it was answered",
        """
        SELECT a.id
          FROM {attempts} a
         WHERE left(COALESCE(NULLIF(raw ->> 'financialTransactionId', ''),
                             NULLIF(raw ->> 'txnid', '')), 64) <> provider_reference
        """,
    ),
    Invariant(
        "I4",
        "an attempt's statement reference follows from its reference",
        f"""
        SELECT a.id
          FROM {{attempts}} a
         WHERE NOT ({" OR ".join(f"statement_reference = {one}" for one in STATEMENT_REFERENCES)})
        """,  # noqa: S608
    ),
    Invariant(
        "I14",
        "no open attempt is asked about later than the poll schedule has it",
        f"""
        SELECT attempt_id FROM payments_dueattempt
         WHERE next_check_at > %(now)s + interval '{LAST_STEP_S} s' + {SKEW}
        """,  # noqa: S608
    ),
    Invariant(
        "I14",
        "an open attempt stands in its queue, once, and one that is over in none",
        f"""
        SELECT a.id
          FROM {{attempts}} a
         WHERE {IS_OPEN}
           AND NOT EXISTS (SELECT FROM payments_dueattempt d
                            WHERE d.is_sent = (a.status <> 'created')
                              AND d.provider_account_id = a.provider_account_id
                              AND d.next_check_at = a.next_check_at AND d.attempt_id = a.id)
         UNION ALL
        SELECT d.attempt_id
          FROM payments_dueattempt d
          LEFT JOIN payments_attempt a
            ON a.id = d.attempt_id AND a.provider_account_id = d.provider_account_id
           AND a.next_check_at = d.next_check_at AND (a.status <> 'created') = d.is_sent
           AND a.{IS_OPEN}
         WHERE a.id IS NULL
        """,  # noqa: S608
    ),
    Invariant(
        "I14",
        "an attempt is spent exactly if another may take its turn",
        """
        SELECT id FROM {attempts} a
         WHERE spent_id IS DISTINCT FROM
               CASE WHEN status IN ('failed', 'not_sent') THEN id
                    WHEN kind NOT IN ('capture', 'void') THEN NULL
                    WHEN status = 'succeeded' THEN id ELSE payment_id END
        """,
    ),
    # Bounded by age, whatever its next check says: a loop that fails keeps pushing that ahead.
    Invariant(
        "I14",
        "an attempt open for a day is somebody's, and none hangs on its way out",
        f"""
        SELECT a.id
          FROM payments_dueattempt d
          JOIN payments_attempt a ON a.id = d.attempt_id
         WHERE a.{IS_OPEN} AND NOT a.needs_person
           AND (a.created_at < %(now)s - interval '26 hours'
                OR (a.status = 'submitted' AND a.submitted_at < %(now)s - interval '1 hour'))
        """,  # noqa: S608
    ),
    Invariant(
        "I18",
        "an event of an approval tells its merchant what it was asked, and how it ended",
        f"""
        SELECT e.id
          FROM {read_events("e.type LIKE 'approval.%%'")} e
          JOIN approvals_approval a ON a.id = e.object_id
          CROSS JOIN LATERAL (SELECT CASE e.type WHEN '{REQUESTED}' THEN 'pending' ELSE
                                     substr(e.type, length('approval.') + 1) END AS status) told
         WHERE (e.content -> 'data' @> jsonb_build_object(
                    'id', 'apv_' || {sql_digits("e.object_id_sent")}, 'object', 'approval',
                    'livemode', a.livemode, 'status', told.status, 'action', a.action,
                    'target', a.target, 'amount', a.amount, 'currency', a.currency))
               IS NOT TRUE
            OR told.status NOT IN ('pending', a.status)
            OR (e.merchant_id, e.livemode) <> (a.merchant_id, a.livemode)
        """,  # noqa: S608
    ),
)
