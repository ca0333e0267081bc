"""SQL: which lines people matched by hand. The comparison of lines asks here, and nowhere else."""

from __future__ import annotations

# A line counts as matched, with the first of its attempts, as long as its match stands.
MATCHED_BY_HAND = """
(SELECT DISTINCT ON (line_id) line_id, attempt_id
   FROM reconciliation_handmatch WHERE undone_at IS NULL
  ORDER BY line_id, attempt_id)
"""

# Whether a line that counts stands for the attempt of this alias by hand; of the statements in
# `matching_statement`.
STANDS_BY_HAND = """
EXISTS (SELECT FROM reconciliation_handmatch h
          JOIN reconciliation_statementline l ON l.id = h.line_id
          JOIN matching_statement s ON s.id = l.statement_id
         WHERE h.attempt_id = {attempt}.id AND h.undone_at IS NULL AND l.match = 'matched')
"""
