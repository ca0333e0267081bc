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
