"""The columns that are encrypted: said by each app, of its own models, in `encrypted_columns.py`.

The architecture's tests know every context that is encrypted for, and refuse one without a column.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from importlib import import_module

from django.apps import apps
from django.db.models import Model, QuerySet
from django.utils.module_loading import module_has_submodule

from apps.vault.blind_index import search_index, search_keys
from apps.vault.encryption import (
    DecryptionFailed,
    EncryptionKeyMissing,
    decrypt,
    encrypt,
    key_id_of,
)
from apps.vault.key_ids import SEARCH

PAGE = 500


@dataclass(frozen=True)
class EncryptedColumn:
    """A binary column, encrypted for `context` and the row's id. A value that was not
    encrypted, where the column holds both, is left alone."""

    model: str
    name: str
    context: str
    # Fewer where one value is large.
    rows_at_once: int = field(default=PAGE, kw_only=True)

    @property
    def fields(self) -> tuple[str, ...]:
        """What `renew` changes."""
        return (self.name,)

    def key_ids(self, row: Model) -> set[str]:
        """The keys this row's value needs."""
        value = getattr(row, self.name)
        key_id = None if value is None else key_id_of(value)
        return set() if key_id is None else {key_id}

    def renew(self, row: Model) -> None:
        """Encrypt the same text for the same place under the current key.

        Raises DecryptionFailed, EncryptionKeyMissing.
        """
        text = decrypt(getattr(row, self.name), context=self.context, row_id=row.pk)
        setattr(row, self.name, encrypt(text, context=self.context, row_id=row.pk))

    def rows(self) -> QuerySet[Model]:
        # Of every row, whatever a model's own manager hides.
        everything: QuerySet[Model] = apps.get_model(self.model)._base_manager.order_by("pk")
        return everything.only("pk", *self.fields)

    def pages(self) -> Iterator[list[Model]]:
        """All rows, a bounded statement at a time."""
        rows = self.rows()
        page = list(rows[: self.rows_at_once])
        while page:
            yield page
            page = list(rows.filter(pk__gt=page[-1].pk)[: self.rows_at_once])

    def __str__(self) -> str:
        return f"{self.model}.{self.name}"


@dataclass(frozen=True)
class SearchableColumn(EncryptedColumn):
    """With the blind index that finds its text."""

    index: str
    purpose: str

    @property
    def fields(self) -> tuple[str, ...]:
        return (self.name, self.index)

    def key_ids(self, row: Model) -> set[str]:
        if not super().key_ids(row):
            # Nothing is encrypted there, so nothing is found by it.
            return set()
        try:
            text = self._text(row)
        except (DecryptionFailed, EncryptionKeyMissing):
            return super().key_ids(row)
        index = bytes(getattr(row, self.index))
        found_by = {
            SEARCH + key_id
            for key_id in search_keys()
            if index == search_index(text, purpose=self.purpose, key_id=key_id)
        }
        return super().key_ids(row) | (found_by or {f"{SEARCH}?"})

    def renew(self, row: Model) -> None:
        super().renew(row)
        setattr(row, self.index, search_index(self._text(row), purpose=self.purpose))

    def _text(self, row: Model) -> str:
        return decrypt(getattr(row, self.name), context=self.context, row_id=row.pk)


@cache
def all_columns() -> tuple[EncryptedColumn, ...]:
    modules = [
        import_module(f"{config.name}.encrypted_columns")
        for config in apps.get_app_configs()
        if config.module is not None
        and config.label != "vault"
        and module_has_submodule(config.module, "encrypted_columns")
    ]
    return tuple(column for module in modules for column in module.ENCRYPTED_COLUMNS)
