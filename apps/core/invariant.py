"""What must hold in the books at every instant. Each app keeps its own in `invariants.py`.

apps/reconciliation/selectors/find_violations.py gathers and checks them.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Invariant:
    """A query that selects one column, the ids of what breaks it.

    `{payments}` and the other names in braces are the tables, or the part of them that changed;
    `%(now)s` is the instant of the check. `id` is the number in the table of invariants (docs);
    several queries may share one.
    """

    id: str
    name: str
    sql: str
