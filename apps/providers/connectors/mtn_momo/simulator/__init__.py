"""MTN's side of the wire. Shares no code with the connector."""

from .account import (
    DEMO_API_KEY,
    DEMO_API_USER,
    DEMO_COLLECTION_ONLY_KEY,
    DEMO_SUBSCRIPTION_KEY,
)
from .simulator import MtnMomoSimulator

__all__ = [
    "DEMO_API_KEY",
    "DEMO_API_USER",
    "DEMO_COLLECTION_ONLY_KEY",
    "DEMO_SUBSCRIPTION_KEY",
    "MtnMomoSimulator",
]

SIMULATOR = MtnMomoSimulator
# What a test-mode account needs beside its address, and somebody who pays.
TEST_CREDENTIALS = {
    "target_environment": "mtncameroon",
    "subscription_key": DEMO_SUBSCRIPTION_KEY,
    "api_user": DEMO_API_USER,
    "api_key": DEMO_API_KEY,
    "disbursement_subscription_key": DEMO_SUBSCRIPTION_KEY,
    "disbursement_api_user": DEMO_API_USER,
    "disbursement_api_key": DEMO_API_KEY,
}
TEST_PAYER = "237677000001"
