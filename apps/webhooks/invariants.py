"""What must hold among events, endpoints and deliveries, one query each."""

from __future__ import annotations

from django.conf import settings

from apps.core.event_types import sent_on_request
from apps.core.invariant import Invariant
from apps.core.public_ids import sql_digits
from apps.webhooks.retry_schedule import (
    DELAYS_S,
    ENDPOINT_DELETED,
    HELD_FOR,
    HELD_TOO_LONG,
    JITTER,
    NO_LONGER_WANTED,
)
from apps.webhooks.rules.event_types import DELIVERIES_FAILED

# The longest a delivery may be put off, with a minute for two hosts that disagree.
DELAY_S_MAX = int(max(DELAYS_S) * (1 + JITTER)) + 60
# A try may be lost with its worker and made again; not this often.
TRIES_MAX = 2 * len(DELAYS_S)
KEPT_DAYS = settings.RETENTION_DAYS["deliveries"]

_ON_REQUEST = ", ".join(f"'{type}'" for type in sorted(sent_on_request()))


def read_events(which: str) -> str:
    """These events `e` with their bodies as JSON, null where it is none. OFFSET: what is read often
    is made once."""
    return f"""
    (SELECT e.*, CASE WHEN e.body IS JSON OBJECT THEN e.body::jsonb END AS content,
            uuid_send(e.id) AS id_sent, uuid_send(e.object_id) AS object_id_sent
       FROM {{events}} e WHERE {which} OFFSET 0)
    """  # noqa: S608 (our own columns)


# What every body says of its event, as the arguments of jsonb_build_object.
ENVELOPE = f"""
'id', 'evt_' || {sql_digits("e.id_sent")}, 'object', 'event', 'type', e.type,
'livemode', e.livemode,
'sequence', e.sequence,
'created_at', to_char(e.created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')
"""

INVARIANTS: tuple[Invariant, ...] = (
    Invariant(
        "I6",
        "an event's body says what its row says",
        f"""
        SELECT e.id FROM {read_events("e.type NOT LIKE 'payment.%%'")} e
         WHERE (e.content @> jsonb_build_object({ENVELOPE})) IS NOT TRUE
        """,  # noqa: S608
    ),
    # An endpoint made in the very seconds of an event may have missed it.
    Invariant(
        "I7",
        "every event is on its way to each endpoint that wanted it",
        f"""
        SELECT e.id
          FROM {{events}} e
          JOIN webhooks_endpoint w
            ON w.merchant_id = e.merchant_id AND w.livemode = e.livemode
           AND w.is_enabled
           AND COALESCE(w.subscribed_at, w.created_at) < e.created_at - interval '10 seconds'
           AND CASE WHEN cardinality(w.event_types) = 0 THEN e.type NOT IN ({_ON_REQUEST})
                    ELSE e.type = ANY(w.event_types) AND e.type <> 'webhook_endpoint.test' END
         -- Deliveries older than they are kept are gone.
         WHERE e.created_at > %(now)s - interval '{KEPT_DAYS - 1} days'
           AND NOT EXISTS (SELECT FROM webhooks_delivery d
                            WHERE d.event_id = e.id AND d.endpoint_id = w.id)
           AND NOT (e.type = '{DELIVERIES_FAILED}' AND e.object_id = w.id)
        """,  # noqa: S608
    ),
    Invariant(
        "I7",
        "a delivery goes to an endpoint of its event's merchant and mode",
        """
        SELECT d.id
          FROM {deliveries} d
          JOIN webhooks_event e ON e.id = d.event_id
          JOIN webhooks_endpoint w ON w.id = d.endpoint_id
         WHERE w.merchant_id <> e.merchant_id OR w.livemode <> e.livemode
        """,
    ),
    Invariant(
        "I7",
        "what was delivered was tried and taken",
        """
        SELECT id FROM {deliveries} d
         WHERE (status = 'delivered') <> (delivered_at IS NOT NULL)
            OR (status = 'delivered'
                AND (tries = 0 OR last_status_code IS NULL OR last_status_code / 100 <> 2
                     OR delivered_at < created_at - interval '1 minute'
                     OR delivered_at > %(now)s + interval '1 minute'))
        """,
    ),
    # Given up: after the last try, with the endpoint, with its wish for the type, or held back for
    # it too long.
    Invariant(
        "I7",
        "what was given up was tried to the end, or not wanted",
        f"""
        SELECT d.id
          FROM {{deliveries}} d
          JOIN webhooks_endpoint w ON w.id = d.endpoint_id
         WHERE d.status = 'failed' AND d.tries <= {len(DELAYS_S)}
           AND NOT (d.last_error = '{ENDPOINT_DELETED}' AND w.deleted_at IS NOT NULL)
           AND d.last_error <> '{NO_LONGER_WANTED}'
           AND NOT (d.last_error = '{HELD_TOO_LONG}'
                    AND COALESCE(d.promised_at, d.created_at)
                        < %(now)s - interval '{HELD_FOR.days} days')
        """,  # noqa: S608
    ),
    Invariant(
        "I7",
        "no delivery to an endpoint that takes them waits a minute past its time",
        """
        SELECT d.delivery_id FROM webhooks_deliverystate d
          JOIN webhooks_endpoint w ON w.id = d.endpoint_id
         WHERE d.status = 'pending' AND d.next_attempt_at < %(now)s - interval '60 seconds'
           AND w.is_enabled AND w.paused_at IS NULL AND w.deleted_at IS NULL
           AND w.failing_since IS NULL
           AND (w.held_until IS NULL OR w.held_until < %(now)s - interval '60 seconds')
           AND NOT (d.is_backlog AND NOT d.is_held)
        """,
    ),
    Invariant(
        "I7",
        "no delivery waits longer, or is tried oftener, than the retry schedule has it",
        f"""
        SELECT d.id FROM webhooks_endpoint w
          JOIN webhooks_deliverystate s ON s.endpoint_id = w.id AND s.status = 'pending'
          JOIN webhooks_delivery d ON d.id = s.delivery_id
         WHERE s.next_attempt_at > %(now)s + interval '{DELAY_S_MAX} s' OR d.tries > {TRIES_MAX}
        """,  # noqa: S608
    ),
    Invariant(
        "I7",
        "a delivery stands where its state says, and in no other place",
        """
        SELECT d.id
          FROM {deliveries} d
          LEFT JOIN webhooks_deliverystate s
            ON (s.endpoint_id, s.status, s.delivery_id, s.is_backlog, s.is_waiting, s.is_held)
             = (d.endpoint_id, d.status, d.id, d.is_backlog, d.is_waiting, d.is_held)
           AND s.next_attempt_at IS NOT DISTINCT FROM d.next_attempt_at
         WHERE s.delivery_id IS NULL
        UNION ALL
        SELECT s.delivery_id
          FROM {delivery_states} s
          LEFT JOIN webhooks_delivery d
            ON (d.id, d.endpoint_id, d.status) = (s.delivery_id, s.endpoint_id, s.status)
         WHERE d.id IS NULL
        """,
    ),
)
