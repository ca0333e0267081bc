"""What one New Rail account needs, read from the provider account's settings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from apps.providers.kit.csv_report import ReportLayout

from .statement import LAYOUT

REQUIRED = ("base_url", "api_key", "callback_secret")


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
        for key in REQUIRED:
            if not settings.get(key, "").strip():
                raise ValueError(f"new_rail: {key} is missing")
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
