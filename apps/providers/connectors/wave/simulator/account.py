"""The one wallet of test mode, worth nothing anywhere else."""

from __future__ import annotations

API_KEY = "wave_sn_test_simulated00000000000000"
WEBHOOK_SECRET = "wave_sn_WHS_simulated"  # noqa: S105 (opens nothing but this simulator)
CURRENCY = "XOF"
BUSINESS_NAME = "Boutique d’essai"
