"""Orange's side of the wire. Shares no code with the connector."""

from .account import CLIENT_ID, CLIENT_SECRET, MERCHANT_KEY
from .simulator import OrangeWebpaySimulator

__all__ = [
    "CLIENT_ID",
    "CLIENT_SECRET",
    "MERCHANT_KEY",
    "OrangeWebpaySimulator",
]

SIMULATOR = OrangeWebpaySimulator
# What a test-mode account needs beside its address, and somebody who pays.
TEST_CREDENTIALS = {
    "env": "cm",
    "client_id": CLIENT_ID,
    "client_secret": CLIENT_SECRET,
    "merchant_key": MERCHANT_KEY,
}
TEST_PAYER = "237690000001"
