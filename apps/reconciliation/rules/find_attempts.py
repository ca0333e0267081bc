"""SQL that finds the attempt a line names, by the references of the account's plan."""

from __future__ import annotations

from collections.abc import Sequence

from apps.reconciliation.models import StatementLine
from apps.reconciliation.rules.money_out import may_stand_for

# Of a line `l` and an attempt of this alias.
SAME_REFERENCE = {
    StatementLine.Pass.OUR_REFERENCE: "{0}.statement_reference = l.reference AND l.reference <> ''",
    StatementLine.Pass.PROVIDER_REFERENCE: "{0}.provider_reference = l.provider_reference"
    " AND l.provider_reference <> ''",
}

COLUMNS = {
    "attempt_id": "{0}.id",
    "attempt_status": "{0}.status",
    "payment_id": "{0}.payment_id",
    "operation": "{0}.kind",
    "attempt_amount": "{0}.amount",
    "attempt_currency": "NULLIF({0}.currency, '')",
}


def find_attempts(
    references: Sequence[str], *, lines: str = "matching_line", where: str = "true"
) -> str:
    """Each line of the table with its attempt, or nulls: by the first reference, else by the next.

    Of several attempts one that succeeded comes first. `pass` says which reference it was;
    `candidates` counts those that a weaker pass could not choose between: none here.
    """
    tables, joins, code = _joined(references)
    values = {name: _first(value, tables) for name, value in COLUMNS.items()}
    columns = ", ".join(f"{value} AS {name}" for name, value in values.items())
    return f"""
SELECT DISTINCT ON (l.id) l.id, {columns}, {code} AS pass, 0 AS candidates
  FROM {lines} l
{joins} WHERE {where}
 ORDER BY l.id, {values["attempt_status"]} = 'succeeded' DESC, {values["attempt_id"]}
"""  # noqa: S608 (our own conditions)


def names(reference: str, attempt: str) -> str:
    """SQL: whether a line `l` names the attempt of this alias by this reference."""
    condition = SAME_REFERENCE[StatementLine.Pass(reference)].format(attempt)
    return (
        f"{attempt}.provider_account_id = %(account_id)s\n"
        f"   AND {condition}\n   AND {may_stand_for(attempt)}"
    )


def _joined(references: Sequence[str]) -> tuple[Sequence[str], str, str]:
    """The aliases of the attempts, the joins that find them, and which reference it was."""
    tables = [f"found_{number}" for number in range(len(references))]
    joins = []
    for number, (code, table) in enumerate(zip(references, tables, strict=True)):
        not_yet = "".join(f"{before}.id IS NULL AND " for before in tables[:number])
        joins.append(
            f"  LEFT JOIN payments_attempt {table}\n    ON {not_yet}{names(code, table)}\n"
        )
    passes = " ".join(
        f"WHEN {table}.id IS NOT NULL THEN '{code}'"
        for code, table in zip(references, tables, strict=True)
    )
    return tables, "".join(joins), f"CASE {passes} ELSE '' END"


def _first(value: str, tables: Sequence[str]) -> str:
    return f"COALESCE({', '.join(value.format(table) for table in tables)})"
