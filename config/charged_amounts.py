"""What was charged for: each app's, called with merchants and a time.

Fee plans are simulated on it, and know none of the apps that charge.
"""

from __future__ import annotations

from apps.payments.selectors.charged_amounts import charged_amounts

CHARGED_AMOUNTS = (charged_amounts,)
