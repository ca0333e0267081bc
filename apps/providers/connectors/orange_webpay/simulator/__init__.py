"""Orange's side of the wire. Shares no code with the connector."""

from .account import CLIENT_ID, CLIENT_SECRET, MERCHANT_KEY
from .simulator import OrangeWebpaySimulator

__all__ = [
    "CLIENT_ID",
    "CLIENT_SECRET",
    "MERCHANT_KEY",
    "OrangeWebpaySimulator",
]
