"""What is due, as SQL: said once of each queue, and claimed by every process at the same time."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Model


@dataclass(frozen=True, slots=True)
class DueRows:
    """Rows of a model whose time has come: `due_field` is not after %(now)s, and `condition` holds.

    Where they stand apart from what waits (ADR 18, 19), a narrow table that a trigger keeps is the
    queue: it is read first, in the order of its index, and the row, when locked, looked at again.

    Attributes:
        row: the alias of the row, for `condition`.
        queue: the model of the narrow table, alias q; it has `due_field` too.
        queue_condition: which rows of it are in this queue; that of its index.
        queue_row: its column with the row's id.
        key: the columns of its index before `due_field`; the first names whose they are.
    """

    model: type[Model]
    due_field: str
    condition: str
    row: str = "r"
    queue: type[Model] | None = None
    queue_condition: str = ""
    queue_row: str = ""
    key: tuple[str, ...] = ()

    @property
    def is_due(self) -> str:
        """Of a row."""
        return f"{self.condition} AND {self.row}.{self.due_field} <= %(now)s"

    @property
    def exists(self) -> str:
        """Whether any is due, as SQL, of rows without a narrow table."""
        assert self.queue is None  # noqa: S101 (for the type checker)
        return f"EXISTS (SELECT FROM {self.model._meta.db_table} {self.row} WHERE {self.is_due})"

    def locked(self, columns: str, *, limit: str, where: str = "", lock: str) -> str:
        """The first rows that are due, at most `limit`, each locked; what another process has
        locked is left to it.

        Args:
            columns: of the row and of q.
            where: which of them, by SQL.
            lock: its kind, such as "UPDATE".
        """
        model, also = self.model._meta.db_table, f" AND {where}" if where else ""
        if self.queue is None:
            source, first = f"{model} {self.row}", self.row
            is_due = f"{self.is_due}{also}"
        else:
            first = "q"
            source = (
                f"{self.queue._meta.db_table} q"
                f" JOIN {model} {self.row} ON {self.row}.id = q.{self.queue_row}"
            )
            is_due = (
                f"{self.queue_condition}{also} AND q.{self.due_field} <= %(now)s AND {self.is_due}"
            )
        return (
            f"SELECT {columns} FROM {source} WHERE {is_due}"  # noqa: S608 (our own words)
            f" ORDER BY {first}.{self.due_field} LIMIT {limit}"
            f" FOR {lock} OF {self.row} SKIP LOCKED"
        )

    def busy(self) -> str:
        """Everybody who has something in the queue, each with its first row's key and `first_at`,
        as a recursive CTE `busy`.

        It leaps through the index from one to the next: a backlog of any size costs as much as a
        single row. One may be locked or not due yet: that is looked at later.
        """
        assert self.queue is not None  # noqa: S101 (for the type checker)
        table, leap = self.queue._meta.db_table, self.key[0]
        columns = ", ".join(f"q.{name}" for name in (*self.key, self.due_field))
        return f"""busy AS (
    (SELECT {columns} AS first_at FROM {table} q
      WHERE {self.queue_condition} ORDER BY {columns} LIMIT 1)
    UNION ALL
    SELECT n.* FROM busy b CROSS JOIN LATERAL (
        SELECT {columns} FROM {table} q
         WHERE {self.queue_condition} AND q.{leap} > b.{leap}
         ORDER BY {columns} LIMIT 1) n
)"""  # noqa: S608 (our own words)
