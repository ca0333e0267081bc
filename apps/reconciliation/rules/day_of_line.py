"""Which day a line of a report counts for."""

from __future__ import annotations

# SQL, of a line `l` and its statement `s`: its own day, within those of the statement. A late
# line of the day before belongs to the report it came in.
DAY_OF_LINE = """
CASE WHEN s.first_day = s.last_day THEN s.last_day
     ELSE COALESCE(LEAST(GREATEST((l.occurred_at AT TIME ZONE %(zone)s)::date, s.first_day),
                         s.last_day), s.last_day) END
"""
