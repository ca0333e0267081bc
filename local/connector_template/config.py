"""What one New Rail account needs, read from the provider account's settings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from apps.providers.kit.credential_fields import CredentialField, refuse_missing
from apps.providers.kit.csv_report import ReportLayout

from .statement import LAYOUT

# What staff are asked for when they open an account, and what is never shown again.
CREDENTIAL_FIELDS = (
    CredentialField("base_url", is_address=True),
    CredentialField("api_key", is_secret=True),
    CredentialField("callback_secret", is_secret=True),
)


@dataclass(frozen=True, slots=True)
class NewRailConfig:
    """One contract. `base_url` has no path, e.g. "https://api.provider.example"."""

    base_url: str
    api_key: str = field(repr=False)
    callback_secret: str = field(repr=False)
    statement_layout: ReportLayout = LAYOUT

    @classmethod
    def from_mapping(cls, settings: Mapping[str, str]) -> NewRailConfig:
        """Read settings as an operator typed them; `statement_…` keys are optional.

        Raises ValueError naming the key that is missing or unusable, never its value.
        """
        try:
            refuse_missing(CREDENTIAL_FIELDS, settings)
        except ValueError as error:
            raise ValueError(f"new_rail: {error}") from None
        base_url = settings["base_url"].strip().rstrip("/")
        if not base_url.startswith(("https://", "http://")):
            raise ValueError("new_rail: base_url is not an http(s) URL")
        try:
            statement_layout = LAYOUT.changed(settings)
        except ValueError as error:
            raise ValueError(f"new_rail: {error}") from None
        return cls(
            base_url=base_url,
            api_key=settings["api_key"].strip(),
            callback_secret=settings["callback_secret"].strip(),
            statement_layout=statement_layout,
        )
