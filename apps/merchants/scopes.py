"""What a credential may do. A view names the scope each of its methods needs."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

PAYMENTS_READ = "payments:read"
PAYMENTS_WRITE = "payments:write"
BALANCE_READ = "balance:read"
EVENTS_READ = "events:read"
WEBHOOKS_READ = "webhooks:read"
WEBHOOKS_WRITE = "webhooks:write"
API_KEYS_READ = "api_keys:read"
API_KEYS_WRITE = "api_keys:write"
TICKETS_READ = "tickets:read"
TICKETS_WRITE = "tickets:write"
# Named already, so that keys and consents need no new words when their resources come.
REFUNDS_READ = "refunds:read"
REFUNDS_WRITE = "refunds:write"
PAYOUTS_READ = "payouts:read"
PAYOUTS_WRITE = "payouts:write"
BATCHES_READ = "batches:read"
BATCHES_WRITE = "batches:write"
PAYMENT_LINKS_READ = "payment_links:read"
PAYMENT_LINKS_WRITE = "payment_links:write"

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
    TICKETS_READ,
    TICKETS_WRITE,
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
    TICKETS_READ,
    TICKETS_WRITE,
)

# Of these: what keys made before it was there do not hold. They make secret keys without it.
CAME_LATER = (TICKETS_READ, TICKETS_WRITE)

# What lets money leave, and shows how it left: a key has these because somebody gave them to it.
MONEY_OUT = (REFUNDS_READ, REFUNDS_WRITE, PAYOUTS_READ, PAYOUTS_WRITE)

# What a person is told before granting one.
DESCRIPTIONS: dict[str, str | Promise] = {
    PAYMENTS_READ: _("See your payments and their history"),
    PAYMENTS_WRITE: _("Ask your customers for payments and cancel them"),
    BALANCE_READ: _("See your balance and its movements"),
    EVENTS_READ: _(
        "Follow everything: payments, refunds, payouts, tickets, API keys, webhook addresses"
    ),
    WEBHOOKS_READ: _("See your webhook addresses and what was sent to them"),
    WEBHOOKS_WRITE: _("Have the events it may see sent to addresses of its own, and remove yours"),
    API_KEYS_READ: _("See your API keys, without their secrets"),
    API_KEYS_WRITE: _("Give programs and API keys what it can do itself, and revoke yours"),
    REFUNDS_READ: _("See your refunds"),
    REFUNDS_WRITE: _("Refund your customers"),
    PAYOUTS_READ: _("See your payouts"),
    PAYOUTS_WRITE: _("Pay out from your balance"),
    TICKETS_READ: _("See your support tickets and what was answered"),
    TICKETS_WRITE: _("Open support tickets and answer in them, in your name"),
    BATCHES_READ: _("See your batches of payouts"),
    BATCHES_WRITE: _("Send batches of payouts"),
    PAYMENT_LINKS_READ: _("See your payment links"),
    PAYMENT_LINKS_WRITE: _("Make and close payment links"),
}
