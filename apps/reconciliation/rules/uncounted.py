"""Statements whose lines stand otherwise than they were counted."""

from __future__ import annotations

# After a CTE `remembered` of the lines that changed.
UNCOUNTED = """
INSERT INTO reconciliation_statementfigures AS f (statement_id, day, changed_at)
SELECT s.id, s.day, %(now)s
  FROM reconciliation_statement s
 WHERE s.id IN (SELECT statement_id FROM remembered)
    ON CONFLICT (statement_id) DO UPDATE SET changed_at = EXCLUDED.changed_at
 WHERE f.changed_at IS NULL
"""
