"""What one MTN MoMo account needs. Nothing here is derived from anything else here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from apps.providers.contract import Operation
from apps.providers.kit.credential_fields import CredentialField, refuse_missing
from apps.providers.kit.csv_report import ReportLayout
from apps.providers.kit.dispute_report import DISPUTE_LAYOUT, DisputeLayout

from .statement import LAYOUT

CREDENTIALS = ("subscription_key", "api_user", "api_key")
# Of the product by which refunds and payouts are sent.
SENDS = (Operation.REFUND, Operation.DISBURSE)
CREDENTIAL_FIELDS = (
    CredentialField("base_url", is_address=True, sandbox=("sandbox.momodeveloper.mtn.com",)),
    CredentialField("target_environment", sandbox=("sandbox",)),
    CredentialField("subscription_key", is_secret=True),
    CredentialField("api_user"),
    CredentialField("api_key", is_secret=True),
    CredentialField("disbursement_subscription_key", is_secret=True, operations=SENDS),
    CredentialField("disbursement_api_user", operations=SENDS),
    CredentialField("disbursement_api_key", is_secret=True, operations=SENDS),
    CredentialField("wire_currency", is_required=False),
)


@dataclass(frozen=True, slots=True)
class Subscription:
    """To one product of MTN's, with its own user."""

    subscription_key: str = field(repr=False)
    api_user: str
    api_key: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class MtnMomoConfig:
    """What one contract with MTN gives.

    base_url: scheme and host, without the product ("https://proxy.momoapi.mtn.com").
    target_environment: "sandbox", "mtncameroon", "mtnivorycoast", …
    subscriptions: by product; "collection", and "disbursement" where refunds and payouts are sent.
    wire_currency: sent instead of the payment's currency when not empty. The sandbox of MTN knows
    only EUR; whole francs are then sent as whole euros.
    """

    base_url: str
    target_environment: str
    subscriptions: Mapping[str, Subscription]
    wire_currency: str = ""
    statement_layout: ReportLayout = LAYOUT
    dispute_layout: DisputeLayout = DISPUTE_LAYOUT

    @classmethod
    def from_mapping(cls, values: Mapping[str, str]) -> MtnMomoConfig:
        """`statement_…` and `dispute_…` keys are optional: the fields of ReportLayout and
        DisputeLayout. So are the three
        `disbursement_…` keys, all of them or none.

        Raises ValueError naming the key that is missing or unusable.
        """
        try:
            refuse_missing(CREDENTIAL_FIELDS, values)
        except ValueError as error:
            raise ValueError(f"mtn_momo: {error}") from None
        base_url = values["base_url"].rstrip("/")
        if not base_url.startswith(("https://", "http://")):
            raise ValueError("mtn_momo: base_url is not an http(s) URL")
        wire_currency = values.get("wire_currency", "")
        if wire_currency and not (len(wire_currency) == 3 and wire_currency.isupper()):
            raise ValueError("mtn_momo: wire_currency is not an ISO 4217 code")
        subscriptions = {"collection": _subscription(values, "")}
        if any(values.get(f"disbursement_{name}") for name in CREDENTIALS):
            subscriptions["disbursement"] = _subscription(values, "disbursement_")
        try:
            statement_layout = LAYOUT.changed(values)
            dispute_layout = DISPUTE_LAYOUT.changed(values)
        except ValueError as error:
            raise ValueError(f"mtn_momo: {error}") from None
        return cls(
            base_url=base_url,
            target_environment=values["target_environment"],
            subscriptions=subscriptions,
            wire_currency=wire_currency,
            statement_layout=statement_layout,
            dispute_layout=dispute_layout,
        )


def _subscription(values: Mapping[str, str], prefix: str) -> Subscription:
    for name in CREDENTIALS:
        if not values.get(prefix + name):
            raise ValueError(f"mtn_momo: {prefix}{name} is missing")
    return Subscription(*(values[prefix + name] for name in CREDENTIALS))
