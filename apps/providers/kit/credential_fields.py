"""What a provider gives with a contract, said once: forms ask for it, and readers need it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from apps.providers.contract import Operation


@dataclass(frozen=True, slots=True)
class CredentialField:
    """One of an account's credentials, under the name by which its connector reads it.

    is_secret: shown to nobody once it was typed. is_address: an http(s) address. `operations`:
    needed by these alone; empty: by all. `choices`: nothing else is taken. `sandbox`: values, or
    hosts of an address, of the provider's sandbox.
    """

    name: str
    is_secret: bool = False
    is_required: bool = True
    is_address: bool = False
    operations: tuple[Operation, ...] = ()
    choices: tuple[str, ...] = ()
    sandbox: tuple[str, ...] = ()

    def is_needed(self, operations: Collection[str]) -> bool:
        """Whether an account that serves these operations has to have it."""
        return self.is_required and (
            not self.operations or bool(set(self.operations) & set(operations))
        )

    def names_sandbox(self, value: str) -> bool:
        if self.is_address:
            return (urlsplit(value).hostname or "").rstrip(".") in self.sandbox
        return value.strip().lower() in self.sandbox


def refuse_missing(fields: Collection[CredentialField], settings: Mapping[str, str]) -> None:
    """Raises ValueError naming what every account needs and this one has not."""
    for field in fields:
        if field.is_needed(()) and not settings.get(field.name, "").strip():
            raise ValueError(f"{field.name} is missing")
