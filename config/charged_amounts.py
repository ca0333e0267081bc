"""What was charged for, each app's, and what was refunded: called with merchants and a time.

Fee plans are simulated on it, and know none of the apps that charge.
"""

from __future__ import annotations

from apps.payments.selectors.charged_amounts import charged_amounts as payments
from apps.payouts.selectors.charged_amounts import charged_amounts as payouts
from apps.refunds.selectors.charged_amounts import charged_amounts as refunds
from apps.refunds.selectors.refunded_amounts import refunded_amounts

CHARGED_AMOUNTS = (payments, payouts, refunds)
REFUNDED_AMOUNTS = refunded_amounts
