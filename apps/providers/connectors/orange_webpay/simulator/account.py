"""The one account of test mode, and the currency of each environment."""

from __future__ import annotations

# The one account the simulator knows.
CLIENT_ID = "simulated-client"
CLIENT_SECRET = "simulated-secret"  # noqa: S105 (opens nothing but this simulator)
MERCHANT_KEY = "simulated-merchant"

CURRENCIES = {
    "dev": "OUV",
    "cm": "XAF",
    "ci": "XOF",
    "sn": "XOF",
    "ml": "XOF",
    "bf": "XOF",
    "gn": "GNF",
    "mg": "MGA",
}
