"""How promised times were kept, and what is open, for whoever leads the desk."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db import connection

from apps.core.public_ids import first_id_at

WEEKS_SHOWN = 13

# By the ids of the clocks, which begin with the time: nothing older is read. Merged tickets go on
# in others.
KEPT = """
SELECT CASE WHEN GROUPING(week) = 0 THEN 'week' WHEN GROUPING(team) = 0 THEN 'team'
            WHEN GROUPING(priority) = 0 THEN 'priority' ELSE 'all' END AS by,
       week, team, priority,
       count(*) FILTER (WHERE kind = 'first_answer') AS tickets,
       count(*) FILTER (WHERE kind = 'first_answer' AND state = 'met') AS answers_met,
       count(*) FILTER (WHERE kind = 'first_answer' AND state = 'breached') AS answers_broken,
       count(*) FILTER (WHERE kind = 'resolution' AND state = 'met') AS resolutions_met,
       count(*) FILTER (WHERE kind = 'resolution' AND state = 'breached') AS resolutions_broken,
       percentile_cont(0.5) WITHIN GROUP (ORDER BY elapsed_s)
           FILTER (WHERE kind = 'first_answer' AND ended_at IS NOT NULL) AS median_answer_s
  FROM (SELECT date_trunc('week', c.created_at AT TIME ZONE 'UTC')::date AS week,
               COALESCE(m.name, '') AS team, c.priority, c.kind, c.state, c.elapsed_s, c.ended_at
          FROM support_tickets_ticketclock c
          JOIN support_tickets_ticket t ON t.id = c.ticket_id
          LEFT JOIN support_tickets_team m ON m.id = t.team_id
         WHERE c.id >= %(first_id)s AND t.merged_into_id IS NULL AND t.livemode = %(livemode)s) seen
 GROUP BY GROUPING SETS ((week), (team), (priority), ())
 ORDER BY by, week DESC, team, priority
"""

# By the partial index of what is not done.
OPEN = """
SELECT COALESCE(m.name, '') AS team,
       count(*) FILTER (WHERE t.created_at > %(now)s - interval '1 day') AS day,
       count(*) FILTER (WHERE t.created_at <= %(now)s - interval '1 day'
                          AND t.created_at > %(now)s - interval '3 days') AS three_days,
       count(*) FILTER (WHERE t.created_at <= %(now)s - interval '3 days'
                          AND t.created_at > %(now)s - interval '7 days') AS week,
       count(*) FILTER (WHERE t.created_at <= %(now)s - interval '7 days') AS older,
       count(*) FILTER (WHERE t.assignee_id IS NULL) AS unassigned
  FROM support_tickets_ticket t
  LEFT JOIN support_tickets_team m ON m.id = t.team_id
 WHERE NOT (t.status IN ('resolved', 'closed')) AND t.livemode = %(livemode)s
 GROUP BY 1
 ORDER BY 1
"""


@dataclass(frozen=True, slots=True)
class Kept:
    """Of tickets opened in one week, of one team or priority, or of all: `key` says which."""

    key: date | str
    tickets: int
    answers_met: int
    answers_broken: int
    resolutions_met: int
    resolutions_broken: int
    # In the desk's hours, without the time it waited for others.
    median_answer_s: float | None

    @property
    def answers_share(self) -> float | None:
        return _share(self.answers_met, self.answers_broken)

    @property
    def resolutions_share(self) -> float | None:
        return _share(self.resolutions_met, self.resolutions_broken)


@dataclass(frozen=True, slots=True)
class OpenTickets:
    """What a team has open, by age, and how much of it nobody has taken."""

    team: str
    day: int
    three_days: int
    week: int
    older: int
    unassigned: int

    @property
    def total(self) -> int:
        return self.day + self.three_days + self.week + self.older


@dataclass(frozen=True, slots=True)
class SlaReport:
    """`kept` by "all", "week", "team" and "priority"."""

    kept: Mapping[str, Sequence[Kept]]
    open: Sequence[OpenTickets]


def read_sla_report(*, livemode: bool, now: datetime) -> SlaReport:
    """Of the tickets of the last WEEKS_SHOWN weeks, and of all that are open. Two queries."""
    since = now - timedelta(weeks=WEEKS_SHOWN)
    kept: dict[str, list[Kept]] = {"all": [], "week": [], "team": [], "priority": []}
    for row in _rows(KEPT, first_id=first_id_at(since), livemode=livemode):
        by = row.pop("by")
        keys = {name: row.pop(name) for name in ("week", "team", "priority")}
        kept[by].append(Kept(key=keys.get(by, ""), **row))
    # The sum of nothing is a row, too.
    kept["all"] = [one for one in kept["all"] if kept["week"]]
    return SlaReport(kept, [OpenTickets(**row) for row in _rows(OPEN, now=now, livemode=livemode)])


def _rows(sql: str, **parameters: Any) -> list[dict[str, Any]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        names = [column.name for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def _share(met: int, broken: int) -> float | None:
    decided = met + broken
    return met / decided if decided else None
