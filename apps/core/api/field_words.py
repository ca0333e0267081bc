"""What a field of an answer says of itself where its name means the same in every answer.

A field of a Resource with a `help_text` says that; one without has the words of its name from here.
A name belongs here once a second resource has it in the same sense. The French stands in
docs/reference.fr.json.
"""

from __future__ import annotations

from collections.abc import Mapping

WORDS: Mapping[str, str] = {
    "object": "What kind of object this is: always this word.",
    "id": "Its own id: a prefix that says its kind, `_`, and 26 letters and digits.",
    "livemode": "true: live, with real money. false: test, where none moves.",
    "created_at": "When it was made.",
    "completed_at": "When it ended; null until then.",
    "revoked_at": "When it was revoked; null while it is not.",
    "currency": "The currency of its amounts, as in ISO 4217.",
    "country": "ISO 3166, two letters.",
    "operator": "The mobile-money operator, such as `mtn`, `orange` or `wave`.",
    "provider": "The provider that moves the money, such as `mtn_momo`.",
    "method": "How the payer pays.",
    "operation": "collect: payments. refund: refunds. disburse: payouts.",
    "amount_min": "The smallest amount it takes, in the currency's smallest unit.",
    "amount_max": "The largest amount it takes, in the currency's smallest unit.",
    "description": "Your own text, as you sent it; empty if you sent none.",
    "label": "Your own name for it; empty if you gave none.",
    "scopes": "What it may do.",
    "allowed_addresses": "Networks in CIDR notation it may be used from; none: from everywhere.",
    "is_deleted": "Always true: it is gone.",
    "count": "How many there are.",
    "line_count": "How many lines it has: each is one movement of your balance.",
    "format": "What kind of file this is: as you asked for it.",
    "content_type": "The media type of the content.",
    "content": "In base64.",
    "payee": "Whose wallet is paid.",
    "batch": "The batch that it is of.",
    "ticket": "The ticket that it belongs to.",
    "failure_code": "Why it failed: the guide on errors says what each means. Null otherwise.",
    "fr": "In French.",
    "en": "In English.",
}

# Of names that mean several things.
STATES = " The guide on states has them all."
FILE_NAME = "The file's name."
