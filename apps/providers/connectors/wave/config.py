"""What one Wave wallet needs, read from the provider account's settings."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from apps.providers.kit.credential_fields import CredentialField, refuse_missing
from apps.providers.kit.dispute_report import DISPUTE_LAYOUT, DisputeLayout

API_KEY = re.compile(r"wave_[A-Za-z0-9_-]{20,}")
SIGNED, BEARER = "signature", "bearer"
GROSS, NET = "gross", "net"
CREDENTIAL_FIELDS = (
    CredentialField("base_url", is_address=True),
    CredentialField("api_key", is_secret=True),
    CredentialField("webhook_secret", is_secret=True),
    CredentialField("webhook_auth", is_required=False, choices=(SIGNED, BEARER)),
    CredentialField("aggregated_merchant_id", is_required=False),
    CredentialField("statement_amounts", is_required=False, choices=(GROSS, NET)),
    CredentialField("timeout_s", is_required=False),
)


@dataclass(frozen=True, slots=True)
class WaveConfig:
    """One business wallet: Wave gives each its own key, in one country.

    `webhook_auth`: "signature" (Wave-Signature) or "bearer", as it was chosen when the webhook was
    made. `statement_amounts`: whether Wave's list says amounts before its fee ("gross") or after.
    """

    base_url: str
    api_key: str = field(repr=False)
    webhook_secret: str = field(repr=False)
    webhook_auth: str = SIGNED
    aggregated_merchant_id: str = ""
    statement_amounts: str = GROSS
    timeout_s: float = 20.0
    dispute_layout: DisputeLayout = DISPUTE_LAYOUT

    @classmethod
    def from_mapping(cls, settings: Mapping[str, str]) -> WaveConfig:
        """Read settings as an operator typed them.

        Raises:
            ValueError: a key is missing or unusable; the message names it, never its value.
        """
        try:
            refuse_missing(CREDENTIAL_FIELDS, settings)
        except ValueError as error:
            raise ValueError(f"wave: {error}") from None
        base_url = settings["base_url"].strip().rstrip("/")
        if not base_url.startswith(("https://", "http://")):
            raise ValueError("wave: base_url is not an http(s) URL")
        api_key = settings["api_key"].strip()
        if not API_KEY.fullmatch(api_key):
            raise ValueError("wave: api_key is not of the form wave_…")
        try:
            timeout_s = float(settings.get("timeout_s") or "20")
        except ValueError:
            raise ValueError("wave: timeout_s is not a number") from None
        if not 1 <= timeout_s <= 60:
            raise ValueError("wave: timeout_s is not from 1 to 60")
        try:
            dispute_layout = DISPUTE_LAYOUT.changed(settings)
        except ValueError as error:
            raise ValueError(f"wave: {error}") from None
        return cls(
            base_url=base_url,
            api_key=api_key,
            webhook_secret=settings["webhook_secret"].strip(),
            webhook_auth=_one_of(settings, "webhook_auth", (SIGNED, BEARER)),
            aggregated_merchant_id=settings.get("aggregated_merchant_id", "").strip(),
            statement_amounts=_one_of(settings, "statement_amounts", (GROSS, NET)),
            timeout_s=timeout_s,
            dispute_layout=dispute_layout,
        )


def _one_of(settings: Mapping[str, str], key: str, words: tuple[str, ...]) -> str:
    value = settings.get(key, "").strip() or words[0]
    if value not in words:
        raise ValueError(f"wave: {key} is none of {', '.join(words)}")
    return value
