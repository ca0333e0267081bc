"""What a statement costs, by its plan. The same after any other test: see `new_tables`."""

from __future__ import annotations

import json
from typing import Any

from django.db import connection, transaction

Plan = dict[str, Any]


def plan_of(sql: str, values: Any = None) -> Plan:
    """Execute it and return its plan. The planner knows what is in the tables just now.

    What it knew from an earlier test, or what autovacuum happens to see, would choose other plans.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (FORMAT JSON) {sql}", values)
        tables = {node.get("Relation Name") for node in _nodes(_read(cursor))} - {None}
        # Its lock keeps autovacuum away until the end of the transaction.
        cursor.execute(f"ANALYZE {', '.join(tables)}")
        cursor.execute(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {sql}", values)
        return _read(cursor)


def pages_of(plan: Plan) -> int:
    """How many pages it looked at, wherever they were."""
    return plan["Shared Hit Blocks"] + plan["Shared Read Blocks"]


def rows_of(plan: Plan, table: str = "") -> float:
    """How many rows its scans looked at, of all tables or of one, those thrown away included."""
    return sum(
        (node["Actual Rows"] + _removed(node)) * node["Actual Loops"]
        for node in _nodes(plan)
        if "Relation Name" in node and node["Node Type"] != "ModifyTable"
        if table in ("", node["Relation Name"])
    )


def _removed(node: Plan) -> float:
    return sum(value for name, value in node.items() if name.startswith("Rows Removed by"))


def _nodes(plan: Plan) -> list[Plan]:
    return [plan, *(node for child in plan.get("Plans", []) for node in _nodes(child))]


def _read(cursor: Any) -> Plan:
    [[said]] = cursor.fetchall()
    [explained] = json.loads(said) if isinstance(said, str) else said
    plan: Plan = explained["Plan"]
    return plan
