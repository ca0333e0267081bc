"""What a credential may do. A view names the scope each of its methods needs."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

PAYMENTS_READ = "payments:read"
PAYMENTS_WRITE = "payments:write"
BALANCE_READ = "balance:read"
EVENTS_READ = "events:read"
REPORTS_READ = "reports:read"
WEBHOOKS_READ = "webhooks:read"
WEBHOOKS_WRITE = "webhooks:write"
API_KEYS_READ = "api_keys:read"
API_KEYS_WRITE = "api_keys:write"
TICKETS_READ = "tickets:read"
TICKETS_WRITE = "tickets:write"
REFUNDS_READ = "refunds:read"
REFUNDS_WRITE = "refunds:write"
PAYOUTS_READ = "payouts:read"
PAYOUTS_WRITE = "payouts:write"
PAYOUTS_APPROVE = "payouts:approve"
DISPUTES_READ = "disputes:read"
DISPUTES_WRITE = "disputes:write"
SETTLEMENTS_READ = "settlements:read"

# For a view about the calling credential itself: every credential may.
ITSELF = ""

# Every scope that opens something today: what may be asked for.
ALL = (
    PAYMENTS_READ,
    PAYMENTS_WRITE,
    REFUNDS_READ,
    REFUNDS_WRITE,
    BALANCE_READ,
    EVENTS_READ,
    WEBHOOKS_READ,
    WEBHOOKS_WRITE,
    API_KEYS_READ,
    API_KEYS_WRITE,
    PAYOUTS_READ,
    PAYOUTS_WRITE,
    PAYOUTS_APPROVE,
    TICKETS_READ,
    TICKETS_WRITE,
    DISPUTES_READ,
    DISPUTES_WRITE,
    REPORTS_READ,
    SETTLEMENTS_READ,
)

# What a secret key is made with. Each scope is here for what it lets happen, and written out: what
# comes later is in no key that was not asked to have it. Whoever holds these sees, collects, and
# gives programs access; money leaves by none of them.
SECRET_KEY = (
    PAYMENTS_READ,
    PAYMENTS_WRITE,
    BALANCE_READ,
    EVENTS_READ,
    WEBHOOKS_READ,
    WEBHOOKS_WRITE,
    API_KEYS_READ,
    API_KEYS_WRITE,
    REPORTS_READ,
    TICKETS_READ,
    TICKETS_WRITE,
    SETTLEMENTS_READ,
)

# Of these: what keys made before it was there do not hold. They make secret keys without it.
CAME_LATER = (REPORTS_READ, TICKETS_READ, TICKETS_WRITE, SETTLEMENTS_READ)

# What lets money leave, and shows how it left: a key has these because somebody gave them to it.
MONEY_OUT = (
    REFUNDS_READ,
    REFUNDS_WRITE,
    PAYOUTS_READ,
    PAYOUTS_WRITE,
    DISPUTES_READ,
    DISPUTES_WRITE,
)

# Given to a key by our staff alone, on its merchant's word. Whoever makes payouts could else make
# itself a second pair of eyes.
BY_STAFF_ALONE = (PAYOUTS_APPROVE,)
# Whoever approves has none of these: a key that gives programs access could else have another make
# what it approves itself.
APPROVED_BY_OTHERS = frozenset({PAYOUTS_WRITE, REFUNDS_WRITE})
GRANTABLE = tuple(scope for scope in ALL if scope not in BY_STAFF_ALONE)

# What a person is told before granting one.
DESCRIPTIONS: dict[str, str | Promise] = {
    PAYMENTS_READ: _("See your payments and their history"),
    PAYMENTS_WRITE: _("Ask your customers for payments and cancel them"),
    BALANCE_READ: _("See your balance and its movements"),
    EVENTS_READ: _(
        "Follow everything: payments, refunds, payouts, disputes, tickets, API keys, webhooks"
    ),
    WEBHOOKS_READ: _("See your webhook addresses and what was sent to them"),
    WEBHOOKS_WRITE: _("Have the events it may see sent to addresses of its own, and remove yours"),
    API_KEYS_READ: _("See your API keys, without their secrets"),
    API_KEYS_WRITE: _("Give programs and API keys what it can do itself, and revoke yours"),
    REPORTS_READ: _("See sums, rates and times of your payments, refunds and payouts"),
    REFUNDS_READ: _("See your refunds"),
    REFUNDS_WRITE: _("Refund your customers"),
    PAYOUTS_READ: _("See your payouts"),
    PAYOUTS_WRITE: _("Pay out from your balance"),
    PAYOUTS_APPROVE: _("Approve batches of payouts, payouts and refunds that others made"),
    TICKETS_READ: _("See your support tickets and what was answered"),
    TICKETS_WRITE: _("Open support tickets and answer in them, in your name"),
    DISPUTES_READ: _("See your disputes"),
    DISPUTES_WRITE: _("Answer disputes, open them, and give in: the money is gone then"),
    SETTLEMENTS_READ: _("See your settlements: statements, and how they are paid"),
}
