"""What one Orange Web Payment account needs, read from the provider account's settings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from apps.providers.kit.credential_fields import CredentialField, refuse_missing
from apps.providers.kit.csv_report import ReportLayout
from apps.providers.kit.dispute_report import DISPUTE_LAYOUT, DisputeLayout

from .statement import LAYOUT

CREDENTIAL_FIELDS = (
    CredentialField("base_url", is_address=True),
    CredentialField("env", sandbox=("dev",)),
    CredentialField("client_id", is_secret=True),
    CredentialField("client_secret", is_secret=True),
    CredentialField("merchant_key", is_secret=True),
    CredentialField("wire_currency", is_required=False, sandbox=("ouv",)),
    CredentialField("timeout_s", is_required=False),
)


@dataclass(frozen=True, slots=True)
class OrangeWebpayConfig:
    """One product subscription: Orange sells one per country, each with its own merchant key.

    `base_url` has no path, e.g. "https://api.orange.com". `env` is the path segment: "dev" for
    Orange's sandbox, else the country in lower case. `wire_currency`, when set, is sent instead
    of the ISO code: the sandbox only knows "OUV".
    """

    base_url: str
    env: str
    client_id: str = field(repr=False)
    client_secret: str = field(repr=False)
    merchant_key: str = field(repr=False)
    wire_currency: str = ""
    timeout_s: float = 20.0
    statement_layout: ReportLayout = LAYOUT
    dispute_layout: DisputeLayout = DISPUTE_LAYOUT

    @classmethod
    def from_mapping(cls, settings: Mapping[str, str]) -> OrangeWebpayConfig:
        """Read settings as an operator typed them; `statement_…` and `dispute_…` keys
        are optional.

        Raises:
            ValueError: a key is missing or unreadable; the message names it, never its value.
        """
        try:
            refuse_missing(CREDENTIAL_FIELDS, settings)
        except ValueError as error:
            raise ValueError(f"orange_webpay: {error}") from None
        base_url = settings["base_url"].strip().rstrip("/")
        if not base_url.startswith(("https://", "http://")):
            raise ValueError("orange_webpay: base_url is not an http(s) URL")
        env = settings["env"].strip().lower()
        if not (env.isascii() and env.isalnum()):
            # It becomes part of a path.
            raise ValueError("orange_webpay: env is not a plain word such as 'cm'")
        try:
            timeout_s = float(settings.get("timeout_s", "20"))
        except ValueError:
            raise ValueError("orange_webpay: timeout_s is not a number") from None
        try:
            statement_layout = LAYOUT.changed(settings)
            dispute_layout = DISPUTE_LAYOUT.changed(settings)
        except ValueError as error:
            raise ValueError(f"orange_webpay: {error}") from None
        return cls(
            base_url=base_url,
            env=env,
            client_id=settings["client_id"].strip(),
            client_secret=settings["client_secret"].strip(),
            merchant_key=settings["merchant_key"].strip(),
            wire_currency=settings.get("wire_currency", "").strip().upper(),
            timeout_s=timeout_s,
            statement_layout=statement_layout,
            dispute_layout=dispute_layout,
        )
