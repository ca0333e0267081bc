"""Orange's side of the wire. Shares no code with the connector."""

from .simulator import (
    CLIENT_ID,
    CLIENT_SECRET,
    ENDINGS,
    MERCHANT_KEY,
    OrangeWebpaySimulator,
)

__all__ = [
    "CLIENT_ID",
    "CLIENT_SECRET",
    "ENDINGS",
    "MERCHANT_KEY",
    "OrangeWebpaySimulator",
]
