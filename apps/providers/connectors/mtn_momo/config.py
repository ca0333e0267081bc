"""What one MTN MoMo account needs. Nothing here is derived from anything else here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from apps.providers.kit.csv_report import ReportLayout

from .statement import LAYOUT


@dataclass(frozen=True, slots=True)
class MtnMomoConfig:
    """One subscription to the Collection product.

    base_url: scheme and host, without the product ("https://proxy.momoapi.mtn.com").
    target_environment: "sandbox", "mtncameroon", "mtnivorycoast", …
    wire_currency: sent instead of the payment's currency when not empty. The sandbox of MTN knows
    only EUR; whole francs are then sent as whole euros.
    """

    base_url: str
    target_environment: str
    subscription_key: str = field(repr=False)
    api_user: str
    api_key: str = field(repr=False)
    wire_currency: str = ""
    statement_layout: ReportLayout = LAYOUT

    @classmethod
    def from_mapping(cls, values: Mapping[str, str]) -> MtnMomoConfig:
        """`statement_…` keys are optional: the fields of ReportLayout.

        Raises ValueError naming the key that is missing or unusable.
        """
        for key in ("base_url", "target_environment", "subscription_key", "api_user", "api_key"):
            if not values.get(key):
                raise ValueError(f"mtn_momo: {key} is missing")
        base_url = values["base_url"].rstrip("/")
        if not base_url.startswith(("https://", "http://")):
            raise ValueError("mtn_momo: base_url is not an http(s) URL")
        wire_currency = values.get("wire_currency", "")
        if wire_currency and not (len(wire_currency) == 3 and wire_currency.isupper()):
            raise ValueError("mtn_momo: wire_currency is not an ISO 4217 code")
        try:
            statement_layout = LAYOUT.changed(values)
        except ValueError as error:
            raise ValueError(f"mtn_momo: {error}") from None
        return cls(
            base_url=base_url,
            target_environment=values["target_environment"],
            subscription_key=values["subscription_key"],
            api_user=values["api_user"],
            api_key=values["api_key"],
            wire_currency=wire_currency,
            statement_layout=statement_layout,
        )
