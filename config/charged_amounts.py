"""What was charged for: each app's, called with merchants and a time.

Fee plans are simulated on it, and know none of the apps that charge.
"""

from __future__ import annotations

from apps.payments.selectors.charged_amounts import charged_amounts as payments
from apps.payouts.selectors.charged_amounts import charged_amounts as payouts
from apps.refunds.selectors.charged_amounts import charged_amounts as refunds

CHARGED_AMOUNTS = (payments, payouts, refunds)
