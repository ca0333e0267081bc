"""Wave's side of the wire. Shares no code with the connector."""

from .account import API_KEY, WEBHOOK_SECRET
from .simulator import WaveSimulator

__all__ = ["API_KEY", "WEBHOOK_SECRET", "WaveSimulator"]

SIMULATOR = WaveSimulator
# What a test-mode account needs beside its address, and somebody who pays.
TEST_CREDENTIALS = {"api_key": API_KEY, "webhook_secret": WEBHOOK_SECRET}
TEST_PAYER = "221770000001"
