"""Orange Money Web Payment (Orange Developer). README.md has the sources."""

from .config import OrangeWebpayConfig
from .connector import OrangeWebpayConnector

__all__ = ["OrangeWebpayConfig", "OrangeWebpayConnector"]
