from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from django.db import connection

from apps.webhooks.rules.event_types import DELIVERIES_FAILED

# Endpoints in the order of their ids, as everybody locks them. News of what was given up is not
# counted itself: two endpoints that are both gone would have something to tell for ever.
COUNT = """
WITH given_up AS (
    SELECT d.endpoint_id, count(*) AS count, min(e.created_at) AS from_at
      FROM webhooks_delivery d JOIN webhooks_event e ON e.id = d.event_id
     WHERE d.id = ANY(%(ids)s::uuid[]) AND e.type <> %(not_counted)s
     GROUP BY d.endpoint_id
), locked AS MATERIALIZED (
    SELECT p.id FROM webhooks_endpoint p WHERE p.id IN (SELECT endpoint_id FROM given_up)
     ORDER BY p.id FOR NO KEY UPDATE)
UPDATE webhooks_endpoint p
   SET given_up = p.given_up + g.count, given_up_from = LEAST(p.given_up_from, g.from_at)
  FROM given_up g JOIN locked l ON l.id = g.endpoint_id
 WHERE p.id = g.endpoint_id
"""


def count_given_up(delivery_ids: Iterable[UUID]) -> None:
    """Note at their endpoints that these were just given up, for `tell_given_up`; within the
    transaction that gives them up."""
    with connection.cursor() as cursor:
        cursor.execute(COUNT, {"ids": list(delivery_ids), "not_counted": DELIVERIES_FAILED})
