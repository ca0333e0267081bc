"""What is sent and answered.

Made by `make sdk` from docs/openapi.json: change that, not this.
"""

from __future__ import annotations

from typing import Any, Literal, NotRequired, TypedDict


class ApiKey(TypedDict):
    id: str
    """Its own id: a prefix that says its kind, `_`, and 26 letters and digits."""
    object: Literal["api_key"]
    """What kind of object this is: always this word."""
    livemode: bool
    """true: live, with real money. false: test, where none moves."""
    kind: Literal["secret", "restricted"]
    """restricted: made with the scopes that were named. secret: made with all but those that
    move money out."""
    status: Literal["active", "waiting", "expired", "revoked"]
    """active: it works. waiting: a successor whose key nobody has collected yet. expired: its
    time is over. revoked: somebody ended it."""
    label: str
    """Your own name for it; empty if you gave none."""
    prefix: str | None
    """Its first characters; null while it waits to be collected."""
    scopes: list[
        Literal[
            "payments:read",
            "payments:write",
            "refunds:read",
            "refunds:write",
            "balance:read",
            "events:read",
            "webhooks:read",
            "webhooks:write",
            "api_keys:read",
            "api_keys:write",
            "payouts:read",
            "payouts:write",
            "payouts:approve",
            "tickets:read",
            "tickets:write",
            "disputes:read",
            "disputes:write",
            "reports:read",
            "settlements:read",
        ]
    ]
    """What it may do."""
    allowed_addresses: list[str]
    """Networks in CIDR notation it may be used from; none: from everywhere."""
    expires_at: str | None
    """When it ends by itself; null: never."""
    rotate_every_days: int | None
    """After how many days it is rotated by itself; null: it is not."""
    rotation_starts_at: str | None
    """When a successor is to be offered; null without rotation, and once it has begun."""
    rotation_ends_at: str | None
    """While a successor waits: when this key is to end; else null."""
    rotated_from: str | None
    """The key that it replaces; null if it replaces none."""
    successor: str | None
    """The key that replaces it; null while there is none."""
    last_used_at: str | None
    """To the minute; null if it never was."""
    revoked_at: str | None
    """When it was revoked; null while it is not."""
    created_at: str
    """When it was made."""


class ApiKeyChangeInput(TypedDict):
    label: NotRequired[str]
    """For people."""
    scopes: NotRequired[
        list[
            Literal[
                "payments:read",
                "payments:write",
                "refunds:read",
                "refunds:write",
                "balance:read",
                "events:read",
                "webhooks:read",
                "webhooks:write",
                "api_keys:read",
                "api_keys:write",
                "payouts:read",
                "payouts:write",
                "payouts:approve",
                "tickets:read",
                "tickets:write",
                "disputes:read",
                "disputes:write",
                "reports:read",
                "settlements:read",
            ]
        ]
    ]
    """What a restricted key may do."""
    allowed_addresses: NotRequired[list[str]]
    """Where it may be used from; [] means everywhere."""
    expires_at: NotRequired[str | None]
    """When it ends by itself; null: never."""
    rotate_every_days: NotRequired[int | None]
    """After how many days it is rotated by itself; null: it is not."""


class ApiKeyInput(TypedDict):
    label: NotRequired[str]
    """For people."""
    scopes: NotRequired[
        list[
            Literal[
                "payments:read",
                "payments:write",
                "refunds:read",
                "refunds:write",
                "balance:read",
                "events:read",
                "webhooks:read",
                "webhooks:write",
                "api_keys:read",
                "api_keys:write",
                "payouts:read",
                "payouts:write",
                "payouts:approve",
                "tickets:read",
                "tickets:write",
                "disputes:read",
                "disputes:write",
                "reports:read",
                "settlements:read",
            ]
        ]
    ]
    """What a restricted key may do."""
    allowed_addresses: NotRequired[list[str]]
    """Where it may be used from; [] means everywhere."""
    expires_at: NotRequired[str | None]
    """When it ends by itself; null: never."""
    rotate_every_days: NotRequired[int | None]
    """After how many days it is rotated by itself; null: it is not."""
    kind: Literal["secret", "restricted"]
    """restricted: may do what you name in scopes. secret: everything but refunds and payouts."""


class ApiKeyWithSecret(TypedDict):
    id: str
    """Its own id: a prefix that says its kind, `_`, and 26 letters and digits."""
    object: Literal["api_key"]
    """What kind of object this is: always this word."""
    livemode: bool
    """true: live, with real money. false: test, where none moves."""
    kind: Literal["secret", "restricted"]
    """restricted: made with the scopes that were named. secret: made with all but those that
    move money out."""
    status: Literal["active", "waiting", "expired", "revoked"]
    """active: it works. waiting: a successor whose key nobody has collected yet. expired: its
    time is over. revoked: somebody ended it."""
    label: str
    """Your own name for it; empty if you gave none."""
    prefix: str | None
    """Its first characters; null while it waits to be collected."""
    scopes: list[
        Literal[
            "payments:read",
            "payments:write",
            "refunds:read",
            "refunds:write",
            "balance:read",
            "events:read",
            "webhooks:read",
            "webhooks:write",
            "api_keys:read",
            "api_keys:write",
            "payouts:read",
            "payouts:write",
            "payouts:approve",
            "tickets:read",
            "tickets:write",
            "disputes:read",
            "disputes:write",
            "reports:read",
            "settlements:read",
        ]
    ]
    """What it may do."""
    allowed_addresses: list[str]
    """Networks in CIDR notation it may be used from; none: from everywhere."""
    expires_at: str | None
    """When it ends by itself; null: never."""
    rotate_every_days: int | None
    """After how many days it is rotated by itself; null: it is not."""
    rotation_starts_at: str | None
    """When a successor is to be offered; null without rotation, and once it has begun."""
    rotation_ends_at: str | None
    """While a successor waits: when this key is to end; else null."""
    rotated_from: str | None
    """The key that it replaces; null if it replaces none."""
    successor: str | None
    """The key that replaces it; null while there is none."""
    last_used_at: str | None
    """To the minute; null if it never was."""
    revoked_at: str | None
    """When it was revoked; null while it is not."""
    created_at: str
    """When it was made."""
    secret: str
    """The key itself: shown this once."""


class Application(TypedDict):
    id: str
    """Its own id: a prefix that says its kind, `_`, and 26 letters and digits."""
    object: Literal["oauth_application"]
    """What kind of object this is: always this word."""
    livemode: bool
    """true: live, with real money. false: test, where none moves."""
    name: str
    """Shown to people."""
    client_id: str
    """What it names itself by when it asks for tokens."""
    is_confidential: bool
    """Whether it can keep a secret: a server can, a telephone or browser cannot."""
    redirect_uris: list[str]
    """Where people are sent back to: compared letter by letter with what a request says."""
    scopes: list[
        Literal[
            "payments:read",
            "payments:write",
            "refunds:read",
            "refunds:write",
            "balance:read",
            "events:read",
            "webhooks:read",
            "webhooks:write",
            "api_keys:read",
            "api_keys:write",
            "payouts:read",
            "payouts:write",
            "payouts:approve",
            "tickets:read",
            "tickets:write",
            "disputes:read",
            "disputes:write",
            "reports:read",
            "settlements:read",
        ]
    ]
    """The most its tokens may do."""
    certificate_bound_tokens: bool
    """Tokens work only beside the registered client certificate they were asked for with (RFC
    8705)."""
    allowed_addresses: list[str]
    """Where its tokens may be got and used from; [] means everywhere."""
    is_active: bool
    """Off, it gets no tokens and has none."""
    created_at: str
    """When it was made."""


class ApplicationChangesInput(TypedDict):
    name: NotRequired[str]
    """Shown to people."""
    redirect_uris: NotRequired[list[str]]
    """Where people are sent back to: compared letter by letter with what a request says."""
    scopes: NotRequired[
        list[
            Literal[
                "payments:read",
                "payments:write",
                "refunds:read",
                "refunds:write",
                "balance:read",
                "events:read",
                "webhooks:read",
                "webhooks:write",
                "api_keys:read",
                "api_keys:write",
                "payouts:read",
                "payouts:write",
                "payouts:approve",
                "tickets:read",
                "tickets:write",
                "disputes:read",
                "disputes:write",
                "reports:read",
                "settlements:read",
            ]
        ]
    ]
    """The most its tokens may do."""
    certificate_bound_tokens: NotRequired[bool]
    """Tokens work only beside the registered client certificate they were asked for with (RFC
    8705)."""
    allowed_addresses: NotRequired[list[str]]
    """Where its tokens may be got and used from; [] means everywhere."""
    is_active: NotRequired[bool]
    """Off, it gets no tokens and has none."""


class ApplicationDeleted(TypedDict):
    id: str
    """Its own id: a prefix that says its kind, `_`, and 26 letters and digits."""
    object: Literal["oauth_application"]
    """What kind of object this is: always this word."""
    livemode: bool
    """true: live, with real money. false: test, where none moves."""
    is_deleted: bool
    """Always true: it is gone."""


class ApplicationInput(TypedDict):
    name: str
    """Shown to people."""
    redirect_uris: NotRequired[list[str]]
    """Where people are sent back to: compared letter by letter with what a request says."""
    scopes: list[
        Literal[
            "payments:read",
            "payments:write",
            "refunds:read",
            "refunds:write",
            "balance:read",
            "events:read",
            "webhooks:read",
            "webhooks:write",
            "api_keys:read",
            "api_keys:write",
            "payouts:read",
            "payouts:write",
            "payouts:approve",
            "tickets:read",
            "tickets:write",
            "disputes:read",
            "disputes:write",
            "reports:read",
            "settlements:read",
        ]
    ]
    """The most its tokens may do."""
    is_confidential: NotRequired[bool]
    """Whether it can keep a secret: a server can, a telephone or browser cannot."""
    certificate_bound_tokens: NotRequired[bool]
    """Tokens work only beside the registered client certificate they were asked for with (RFC
    8705)."""
    allowed_addresses: NotRequired[list[str]]
    """Where its tokens may be got and used from; [] means everywhere."""


class ApplicationWithSecret(TypedDict):
    id: str
    """Its own id: a prefix that says its kind, `_`, and 26 letters and digits."""
    object: Literal["oauth_application"]
    """What kind of object this is: always this word."""
    livemode: bool
    """true: live, with real money. false: test, where none moves."""
    name: str
    """Shown to people."""
    client_id: str
    """What it names itself by when it asks for tokens."""
    is_confidential: bool
    """Whether it can keep a secret: a server can, a telephone or browser cannot."""
    redirect_uris: list[str]
    """Where people are sent back to: compared letter by letter with what a request says."""
    scopes: list[
        Literal[
            "payments:read",
            "payments:write",
            "refunds:read",
            "refunds:write",
            "balance:read",
            "events:read",
            "webhooks:read",
            "webhooks:write",
            "api_keys:read",
            "api_keys:write",
            "payouts:read",
            "payouts:write",
            "payouts:approve",
            "tickets:read",
            "tickets:write",
            "disputes:read",
            "disputes:write",
            "reports:read",
            "settlements:read",
        ]
    ]
    """The most its tokens may do."""
    certificate_bound_tokens: bool
    """Tokens work only beside the registered client certificate they were asked for with (RFC
    8705)."""
    allowed_addresses: list[str]
    """Where its tokens may be got and used from; [] means everywhere."""
    is_active: bool
    """Off, it gets no tokens and has none."""
    created_at: str
    """When it was made."""
    client_secret: str | None
    """Shown this once; null if it cannot keep one."""


class Approval(TypedDict):
    id: str
    """Its own id: a prefix that says its kind, `_`, and 26 letters and digits."""
    object: Literal["approval"]
    """What kind of object this is: always this word."""
    livemode: bool
    """true: live, with real money. false: test, where none moves."""
    status: Literal["pending", "approved", "rejected", "expired", "withdrawn"]
    """withdrawn: what it is about was canceled. expired: nobody decided in time."""
    action: str
    """What is done once it is approved: payout_batch.start, payout.send, refund.send."""
    target: str
    """The object that it is done to."""
    amount: int
    """In the currency's smallest unit."""
    currency: Literal["EUR", "USD", "XAF", "XOF"]
    """The currency of its amounts, as in ISO 4217."""
    digest: str
    """Of all that is to be approved: send it when you decide, so that what you saw is what is
    done."""
    reason: str | None
    """Why it was rejected; null unless it was."""
    created_at: str
    """When it was asked for."""
    expires_at: str
    """If nobody has decided by then, it expires."""
    completed_at: str | None
    """When it ended; null until then."""


class ApprovalInput(TypedDict):
    digest: str
    """Of the batch as you saw it."""


class AttachmentContent(TypedDict):
    id: str
    """Its own id: a prefix that says its kind, `_`, and 26 letters and digits."""
    object: Literal["ticket_attachment"]
    """What kind of object this is: always this word."""
    ticket: str
    """The ticket that it belongs to."""
    name: str
    """The file's name."""
    content_type: Literal[
        "image/png", "image/jpeg", "image/gif", "image/webp", "application/pdf", "text/plain"
    ]
    """What its content is, whatever its name."""
    media_type: Literal[
        "image/png", "image/jpeg", "image/gif", "image/webp", "application/pdf", "text/plain"
    ]
    """The same as content_type: its name of before."""
    size: int
    """In bytes."""
    created_at: str
    """When it was made."""
    content: str
    """In base64."""


class AttachmentInput(TypedDict):
    name: str
    """The file's name."""
    content: str
    """Its bytes in base64: an image (PNG, JPEG, GIF, WebP), a PDF or plain text, of 5 MiB at
    most. What it is, is told by its content."""


class Attempt(TypedDict):
    id: str
    """Its own id: a prefix that says its kind, `_`, and 26 letters and digits."""
    object: Literal["attempt"]
    """What kind of object this is: always this word."""
    livemode: bool
    """true: live, with real money. false: test, where none moves."""
    payment: str
    """The payment it is for."""
    operation: Literal["collect", "refund", "disburse"]
    """What the provider is asked to do: of a payment always collect."""
    kind: Literal["collect", "refund", "disburse"]
    """The same as operation: its name of before."""
    provider: str
    """The provider that moves the money, such as `mtn_momo`."""
    status: Literal[
        "created",
        "submitted",
        "pending",
        "requires_action",
        "authorized",
        "unknown",
        "succeeded",
        "failed",
        "not_sent",
    ]
    """created: not sent yet. submitted: being sent. pending, requires_action, authorized: the
    provider has it. unknown: we do not know, and are asking. not_sent: the provider provably
    never had it."""
    reference: str
    """What the provider knows it by."""
    provider_reference: str | None
    """The provider's own: what the payer reads in the confirmation. Null while it gave none."""
    failure_code: Literal[
        "payer_declined",
        "payer_timed_out",
        "payer_not_found",
        "payer_blocked",
        "insufficient_funds",
        "limit_reached",
        "merchant_account_blocked",
        "provider_declined",
        "provider_unavailable",
        "configuration",
        None,
    ]
    """Why it failed or was not sent, or that the payer is waited for no more; null otherwise."""
    created_at: str
    """When it was made."""
    submitted_at: str | None
    """When it was given to the provider; null until then."""
    completed_at: str | None
    """When it ended; null until then."""


class Availability(TypedDict):
    object: Literal["availability"]
    """What kind of object this is: always this word."""
    livemode: bool
    """true: live, with real money. false: test, where none moves."""
    country: str
    """ISO 3166, two letters."""
    operator: str
    """The mobile-money operator, such as `mtn`, `orange` or `wave`."""
    provider: str
    """The provider that moves the money, such as `mtn_momo`."""
    name: str
    """What payers call it."""
    operation: Literal["collect"]
    """collect: payments. refund: refunds. disburse: payouts."""
    status: Literal["open", "delayed", "closed"]
    """open: it answers as usual. delayed: it answers slowly. closed: our staff closed it."""
    reason: Literal["closed_by_us", "slow_answers", None]
    """Why it is delayed or closed; null while it is open."""
    since: str | None
    """When delayed: the first trouble of the last ten minutes; else null."""
    currency: Literal["EUR", "USD", "XAF", "XOF"]
    """The currency of its amounts, as in ISO 4217."""
    decimals: int
    """Of the currency: 1500 XAF has none."""
    amount_min: int
    """The smallest amount it takes, in the currency's smallest unit."""
    amount_max: int
    """The largest amount it takes, in the currency's smallest unit."""
    authorization: Literal["approve_on_phone", "redirect"]
    """How the payer agrees."""
    prompt: Prompt
    """What to tell the payer."""


class Balance(TypedDict):
    object: Literal["balance"]
    """What kind of object this is: always this word."""
    livemode: bool
    """true: live, with real money. false: test, where none moves."""
    available: list[Money]
    """One amount for each currency ever received. Negative when a refund or payout that failed
    was sent after all, more is disputed than you had, or the books were put right: what comes
    in next makes up for it."""
    held: list[Money]
    """What is set aside: for refunds, payouts and batches of them on their way, with their fees,
    and for open disputes."""
    pending: list[Pending]
    """What was paid and becomes available later, less fees, taxes and reserve. Empty where all
    is available at once."""
    reserved: list[Pending]
    """What of your payments we keep for a time, as we agreed, and until when. Empty where
    nothing is."""


class BatchFileInput(TypedDict):
    name: str
    """The file's name, for people."""
    content: str
    """In base64: CSV, XLSX, ODS or pain.001.001.03 or .09. Its content counts, not its name."""


class BatchReport(TypedDict):
    object: Literal["payout_batch_report"]
    """What kind of object this is: always this word."""
    batch: str
    """The batch that it is of."""
    failure: Failure | None
    """Why its file could not be read; null if it could."""
    warnings: list[dict[str, Any]]
    """What is odd about the whole list and may be meant."""
    rails: list[RailTotal]
    """What is to be sent, by country and operator."""
    names: NameTotals
    """Whether the rails know its payees by the names you wrote."""


class Certificate(TypedDict):
    id: str
    """Its own id: a prefix that says its kind, `_`, and 26 letters and digits."""
    object: Literal["client_certificate"]
    """What kind of object this is: always this word."""
    livemode: bool
    """true: live, with real money. false: test, where none moves."""
    label: str
    """Your own name for it; empty if you gave none."""
    thumbprint: str
    """SHA-256 of the certificate, hexadecimal."""
    subject: str
    """Whom it names, as in RFC 4514."""
    scopes: list[
        Literal[
            "payments:read",
            "payments:write",
            "refunds:read",
            "refunds:write",
            "balance:read",
            "events:read",
            "webhooks:read",
            "webhooks:write",
            "api_keys:read",
            "api_keys:write",
            "payouts:read",
            "payouts:write",
            "payouts:approve",
            "tickets:read",
            "tickets:write",
            "disputes:read",
            "disputes:write",
            "reports:read",
            "settlements:read",
        ]
    ]
    """What it may do."""
    allowed_addresses: list[str]
    """Networks in CIDR notation it may be used from; none: from everywhere."""
    not_before: str
    """From when on it is valid."""
    not_after: str
    """Until when it is valid."""
    created_at: str
    """When it was made."""
    revoked_at: str | None
    """When it was revoked; null while it is not."""


class CertificateInput(TypedDict):
    certificate: str
    """PEM, one certificate, without its private key."""
    scopes: list[
        Literal[
            "payments:read",
            "payments:write",
            "refunds:read",
            "refunds:write",
            "balance:read",
            "events:read",
            "webhooks:read",
            "webhooks:write",
            "api_keys:read",
            "api_keys:write",
            "payouts:read",
            "payouts:write",
            "payouts:approve",
            "tickets:read",
            "tickets:write",
            "disputes:read",
            "disputes:write",
            "reports:read",
            "settlements:read",
        ]
    ]
    """What its holder may do."""
    allowed_addresses: NotRequired[list[str]]
    """Where it may be used from; [] means everywhere."""
    label: NotRequired[str]
    """For people."""


class ConfirmationInput(TypedDict):
    digest: str
    """Of the line's name_check as you saw it."""
    reason: str
    """For who approves the batch."""


class Credential(TypedDict):
    id: str
    """key_… of an API key, the client id of an access token."""
    kind: Literal["secret_key", "restricted_key", "access_token", "client_certificate"]
    """secret_key and restricted_key: an API key. access_token: by OAuth. client_certificate: by
    mutual TLS."""
    scopes: list[str]
    """What it may do."""
    expires_at: str | None
    """When it ends by itself; null: never."""


class DayReport(TypedDict):
    id: str
    """Its own id: a prefix that says its kind, `_`, and 26 letters and digits."""
    object: Literal["day_report"]
    """What kind of object this is: always this word."""
    livemode: bool
    """true: live, with real money. false: test, where none moves."""
    day: str
    """Of your time zone."""
    version: int
    """Rises with each correction, which is a report of its own."""
    timezone: str
    """Yours, by which the day is meant."""
    begins_at: str
    """When the day begins."""
    ends_at: str
    """When it ends: what moved then or later is of the next day."""
    currency: Literal["EUR", "USD", "XAF", "XOF"]
    """The currency of its amounts, as in ISO 4217."""
    opening_balance: int
    """What was available to you, in the currency's smallest unit."""
    collected: int
    """Payments; of those that become available later, what became so on this day."""
    refunded: int
    """Set aside for refunds, less what came back. Negative, as all that is taken off."""
    paid_out: int
    """Set aside for payouts and batches, less what came back."""
    fees: int
    """Our fees and the taxes on them, less what was given back."""
    disputed: int
    """Held for disputes, less what is yours again."""
    reserved: int
    """Kept in reserve of your payments, less what is yours again."""
    settled: int
    """Set aside for settlements, less what came back. One that is paid by payout is under
    paid_out."""
    corrected: int
    """What was put right in the books, in your favour or not."""
    net: int
    """The eight together."""
    closing_balance: int
    """Opening balance and net."""
    line_count: int
    """How many lines it has: each is one movement of your balance."""
    totals: list[DayTotal]
    """The movements, by rail and kind."""
    created_at: str
    """When it was made."""


class DayReportFile(TypedDict):
    object: Literal["day_report_file"]
    """What kind of object this is: always this word."""
    day_report: str
    """The day report whose file it is."""
    format: Literal["xml", "camt.053.001.08", "csv", "xlsx", "pdf"]
    """What kind of file this is: as you asked for it."""
    name: str
    """The file's name."""
    content_type: str
    """The media type of the content."""
    content: str
    """In base64."""


class DayTotal(TypedDict):
    rail: str | None
    """The provider that moved it; null where none did."""
    kind: Literal[
        "gross",
        "fee",
        "fee_tax",
        "refund_held",
        "refund_returned",
        "payout_held",
        "payout_returned",
        "payout_fee_held",
        "payout_fee_back",
        "payout_tax_held",
        "payout_tax_back",
        "refund_fee_held",
        "refund_fee_back",
        "refund_tax_held",
        "refund_tax_back",
        "collect_fee_back",
        "collect_tax_back",
        "dispute_held",
        "dispute_returned",
        "batch_held",
        "batch_released",
        "batch_returned",
        "released",
        "reserve_held",
        "reserve_released",
        "settle_held",
        "settle_released",
        "settle_returned",
        "correction_in",
        "correction_out",
    ]
    """What moved: gross is what was paid, fee and fee_tax what is kept of it. What ends in _held
    is set aside, in _returned or _back it is yours again."""
    count: int
    """How many there are."""
    amount: int
    """Negative where it was taken off."""


class DecisionInput(TypedDict):
    digest: str
    """Of the approval as you saw it."""


class DecisionWithReasonInput(TypedDict):
    digest: str
    """Of the approval as you saw it."""
    reason: str
    """For who asked for it."""


class Dispute(TypedDict):
    id: str
    """Its own id: a prefix that says its kind, `_`, and 26 letters and digits."""
    object: Literal["dispute"]
    """What kind of object this is: always this word."""
    livemode: bool
    """true: live, with real money. false: test, where none moves."""
    payment: str
    """The payment whose money is disputed."""
    status: Literal["needs_response", "under_review", "won", "lost", "partly_lost", "withdrawn"]
    """needs_response: send evidence, and submit it. under_review: it is being decided. won and
    withdrawn: you keep the money. The guide on states has them all."""
    amount: int
    """What is disputed and held, in the currency's smallest unit."""
    amount_lost: int
    """What the payer got of it."""
    currency: Literal["EUR", "USD", "XAF", "XOF"]
    """The currency of its amounts, as in ISO 4217."""
    network: Literal["mobile_money", "card"]
    """Whose rules it follows."""
    reason: Literal["wrong_payee", "wrong_amount", "service_not_rendered", "duplicate", "fraud"]
    """Why the money is wanted back."""
    reason_code: str | None
    """The card scheme's own; null of mobile money."""
    stage: Literal["complaint", "inquiry", "chargeback", "pre_arbitration", "arbitration"]
    """Of mobile money always complaint; cards have the others, in this order."""
    opened_by: Literal["merchant", "payer", "provider", "staff"]
    """Who disputes it: merchant is you, for your customer; staff are ours."""
    provider_reference: str | None
    """The provider's own number of the case; null if it gave none."""
    evidence_due_at: str
    """Evidence is taken until then."""
    responded_at: str | None
    """When you submitted your evidence of this stage; null until then."""
    opened_at: str
    """When it was opened."""
    closed_at: str | None
    """When it was decided or withdrawn; null until then."""


class DisputeFigures(TypedDict):
    opened: int
    """All that were opened in the time."""
    open: int
    """Of these, those that are not decided yet."""
    won: int
    """Those that you won."""
    lost: int
    """Those that you lost, or accepted."""
    partly_lost: int
    """Those of which the payer got a part."""
    withdrawn: int
    """By whoever disputed the payment."""
    amount_disputed: int
    """In the currency's smallest unit."""
    amount_lost: int
    """What payers got back of it. In the currency's smallest unit."""
    payments: int
    """Your payments created in the same time that succeeded."""
    share_basis_points: int | None
    """How many were opened for each of these payments, in hundredths of a percent. Null if there
    was none."""
    answered: int
    """Those that you answered, or accepted, at least once."""
    answer_p50_s: int | None
    """From opening to your first answer: as many took less as took more. In seconds, off by five
    percent at most. Null without an answer."""
    answer_p95_s: int | None
    """From opening to your first answer: all but one in twenty took less. In seconds; null
    without an answer."""


class DisputeInput(TypedDict):
    payment: str
    """The payment's id."""
    reason: Literal["wrong_payee", "wrong_amount", "service_not_rendered", "duplicate", "fraud"]
    """Why the money is wanted back."""
    amount: NotRequired[int]
    """In the currency's smallest unit. Left out: all that is left of the payment."""
    complaint: NotRequired[str]
    """What your customer says."""


class DisputeRow(TypedDict):
    operation: Literal["collect", "refund", "disburse"]
    """collect: payments. refund: refunds. disburse: payouts."""
    provider: str | None
    """The provider that moves the money, such as `mtn_momo`. Null unless grouped by, or where
    there is none."""
    country: str | None
    """ISO 3166, two letters. Null unless grouped by, or where there is none."""
    operator: str | None
    """The mobile-money operator, such as `mtn`, `orange` or `wave`. Null unless grouped by, or
    where there is none."""
    method: str | None
    """How the payer pays. Null unless grouped by, or where there is none."""
    reason: Literal[
        "wrong_payee", "wrong_amount", "service_not_rendered", "duplicate", "fraud", None
    ]
    """Why the money is wanted back. Null unless grouped by."""
    currency: Literal["EUR", "USD", "XAF", "XOF"]
    """The currency of its amounts, as in ISO 4217."""
    figures: DisputeFigures
    """Of the period."""
    previous: DisputeFigures
    """The same of the period before, which is as long."""


class DisputeWithEvidence(TypedDict):
    id: str
    """Its own id: a prefix that says its kind, `_`, and 26 letters and digits."""
    object: Literal["dispute"]
    """What kind of object this is: always this word."""
    livemode: bool
    """true: live, with real money. false: test, where none moves."""
    payment: str
    """The payment whose money is disputed."""
    status: Literal["needs_response", "under_review", "won", "lost", "partly_lost", "withdrawn"]
    """needs_response: send evidence, and submit it. under_review: it is being decided. won and
    withdrawn: you keep the money. The guide on states has them all."""
    amount: int
    """What is disputed and held, in the currency's smallest unit."""
    amount_lost: int
    """What the payer got of it."""
    currency: Literal["EUR", "USD", "XAF", "XOF"]
    """The currency of its amounts, as in ISO 4217."""
    network: Literal["mobile_money", "card"]
    """Whose rules it follows."""
    reason: Literal["wrong_payee", "wrong_amount", "service_not_rendered", "duplicate", "fraud"]
    """Why the money is wanted back."""
    reason_code: str | None
    """The card scheme's own; null of mobile money."""
    stage: Literal["complaint", "inquiry", "chargeback", "pre_arbitration", "arbitration"]
    """Of mobile money always complaint; cards have the others, in this order."""
    opened_by: Literal["merchant", "payer", "provider", "staff"]
    """Who disputes it: merchant is you, for your customer; staff are ours."""
    provider_reference: str | None
    """The provider's own number of the case; null if it gave none."""
    evidence_due_at: str
    """Evidence is taken until then."""
    responded_at: str | None
    """When you submitted your evidence of this stage; null until then."""
    opened_at: str
    """When it was opened."""
    closed_at: str | None
    """When it was decided or withdrawn; null until then."""
    complaint: str | None
    """What whoever opened it says; null if nothing."""
    evidence: Evidence
    """What you have answered so far."""


class Disputes(TypedDict):
    livemode: bool
    """true: live, with real money. false: test, where none moves."""
    period_start: str
    """When the period begins: a whole hour."""
    period_end: str
    """When it ends: what was created then or later is not in it."""
    time_zone: str
    """Yours."""
    as_of: str | None
    """All that happened until then is in the figures; null before anything was counted."""
    object: Literal["report_disputes"]
    """What kind of object this is: always this word."""
    previous_start: str
    """When the period before begins, which ends where this one begins."""
    data: list[DisputeRow]
    """One for each currency and group that had a dispute."""


class Event(TypedDict):
    id: str
    """Its own id: a prefix that says its kind, `_`, and 26 letters and digits."""
    object: Literal["event"]
    """What kind of object this is: always this word."""
    type: str
    """What happened: the guide on webhooks has all types."""
    api_version: str
    """The form of this body: a change that breaks readers gets a new date."""
    created_at: str
    """When it happened."""
    livemode: bool
    """true: live, with real money. false: test, where none moves."""
    sequence: int
    """Counts the events of this object from 1: what is older than what you have, skip."""
    data: dict[str, Any]
    """The object the event tells of, as it was then."""


class EventReplayInput(TypedDict):
    webhook_endpoint: NotRequired[str]
    """Only to this endpoint, whether it wants such events or not."""


class Evidence(TypedDict):
    receipt: str | None
    """What was bought, for how much. Null until you send it."""
    delivery_proof: str | None
    """When and to whom it was delivered, and how you know. Null until you send it."""
    customer_communication: str | None
    """What you and your customer wrote. Null until you send it."""
    explanation: str | None
    """Why the money is yours. Null until you send it."""
    files: list[EvidenceFile]
    """The files you sent, in their order."""


class EvidenceFile(TypedDict):
    id: str
    """Its own id: a prefix that says its kind, `_`, and 26 letters and digits."""
    name: str
    """The file's name."""
    content_type: Literal["image/jpeg", "image/png", "application/pdf"]
    """The media type of the content."""
    size: int
    """In bytes."""
    sha256: str
    """SHA-256 of its content, hexadecimal."""


class EvidenceFileInput(TypedDict):
    name: str
    """The file's name."""
    content: str
    """In base64: a JPEG or PNG image or a PDF, of 5 MB at most. Its content counts, not its
    name."""


class EvidenceInput(TypedDict):
    receipt: NotRequired[str]
    """What was bought, for how much."""
    delivery_proof: NotRequired[str]
    """When and to whom it was delivered, and how you know."""
    customer_communication: NotRequired[str]
    """What you and your customer wrote."""
    explanation: NotRequired[str]
    """Why the money is yours."""
    files: NotRequired[list[EvidenceFileInput]]
    """Of 8 MB together with the rest of the request; ten for each dispute."""


class Failure(TypedDict):
    code: Literal[
        "column_twice",
        "columns_missing",
        "control_sum_differs",
        "control_unreadable",
        "count_differs",
        "csv_broken",
        "currency_mixed",
        "encoding_broken",
        "execution_day_too_far",
        "execution_day_unreadable",
        "execution_days_differ",
        "file_empty",
        "file_encrypted",
        "file_has_macros",
        "file_not_text",
        "file_too_large",
        "file_type_unknown",
        "line_too_long",
        "list_is_hidden",
        "no_lines",
        "other_merchant",
        "pain001_amount",
        "pain001_header",
        "pain001_method",
        "pain001_version",
        "several_lists",
        "spreadsheet_broken",
        "too_many_columns",
        "too_many_lines",
        "xml_broken",
        "xml_doctype",
        "xml_encoding",
    ]
    """What is wrong with the file, for a program."""
    values: dict[str, Any]
    """What the sentence speaks of, by name."""
    message: dict[str, Any]
    """The same as a sentence, for people."""


class FailureRow(TypedDict):
    operation: Literal["collect", "refund", "disburse"]
    """collect: payments. refund: refunds. disburse: payouts."""
    provider: str | None
    """The provider that moves the money, such as `mtn_momo`. Null unless grouped by, or where
    there is none."""
    country: str | None
    """ISO 3166, two letters. Null unless grouped by, or where there is none."""
    operator: str | None
    """The mobile-money operator, such as `mtn`, `orange` or `wave`. Null unless grouped by, or
    where there is none."""
    method: str | None
    """How the payer pays. Null unless grouped by, or where there is none."""
    failure_code: Literal[
        "payer_declined",
        "payer_timed_out",
        "payer_not_found",
        "payer_blocked",
        "insufficient_funds",
        "limit_reached",
        "merchant_account_blocked",
        "payee_not_found",
        "payee_cannot_receive",
        "payee_limit_reached",
        "provider_declined",
        "provider_unavailable",
        "configuration",
    ]
    """Why: the guide on errors says what each means."""
    count: int
    """How many there are."""


class Failures(TypedDict):
    livemode: bool
    """true: live, with real money. false: test, where none moves."""
    period_start: str
    """When the period begins: a whole hour."""
    period_end: str
    """When it ends: what was created then or later is not in it."""
    time_zone: str
    """Yours."""
    as_of: str | None
    """All that happened until then is in the figures; null before anything was counted."""
    object: Literal["report_failures"]
    """What kind of object this is: always this word."""
    data: list[FailureRow]
    """The most frequent first, by operation and group."""


class Fee(TypedDict):
    id: str
    """Its own id: a prefix that says its kind, `_`, and 26 letters and digits."""
    object: Literal["fee"]
    """What kind of object this is: always this word."""
    operation: Literal["collect", "disburse", "refund"]
    """collect: payments. refund: refunds. disburse: payouts."""
    provider: str | None
    """The provider that moves the money, such as `mtn_momo`. Null: of any."""
    operator: str | None
    """The mobile-money operator, such as `mtn`, `orange` or `wave`. Null: of any."""
    method: str | None
    """How the payer pays. Null: of any."""
    country: str | None
    """ISO 3166, two letters. Null: of any."""
    currency: Literal["EUR", "USD", "XAF", "XOF", None]
    """The currency of its amounts, as in ISO 4217. Null: of any."""
    amount_from: int
    """The line is for amounts from here to where the next one begins."""
    percent: str
    """Of the amount."""
    fixed: int
    """Added to it."""
    fee_min: int
    """The fee is never less."""
    fee_max: int | None
    """And never more; null: no limit."""
    tax_percent: str
    """Of the fee."""
    rounding: Literal["half_up", "up", "down"]
    """To whole units, of the fee and of its tax."""
    fee_return: Literal["none", "proportional", "full"]
    """What refunds give back of a fee by this line and of the tax on it. proportional: the same
    share as of the amount, rounded down over all refunds of a payment. full: all of it, once
    all of the payment is refunded."""
    amounts_in: Literal["EUR", "USD", "XAF", "XOF"]
    """What the amounts of this line are in, in its smallest unit; for another currency they are
    converted at the fixed parity."""


class Figures(TypedDict):
    created: int
    """All that were created in the time."""
    submitted: int
    """Of these, sent to a provider."""
    prompted: int
    """Of these, taken by a provider: the payer was asked, if need be."""
    succeeded: int
    """Those that have succeeded by now."""
    failed: int
    """Those that failed."""
    expired: int
    """Those that nobody answered in time."""
    canceled: int
    """Those that were canceled."""
    verifying: int
    """We do not know, and are asking."""
    waiting: int
    """For the payer or the provider."""
    success_basis_points: int | None
    """Of those that have ended, how many succeeded, in hundredths of a percent. Null if none has
    ended."""
    amount_requested: int
    """In the currency's smallest unit."""
    amount_succeeded: int
    """Received, or given back, or paid out. In the currency's smallest unit."""
    fees: int
    """Our fees for those that succeeded, without the taxes; of refunds less what they gave back
    of the fees of their payments, and so perhaps negative. In the currency's smallest unit."""


class LineInput(TypedDict):
    phone: NotRequired[str]
    """The payee's, in any writing."""
    amount: NotRequired[int]
    """In the currency's smallest unit."""
    name: NotRequired[str]
    """The payee's. Where the provider knows the wallet's holder, both are compared."""
    reference: NotRequired[str]
    """Your own name for it, as an order's number. Two may have the same: what must not happen
    twice has an `Idempotency-Key`."""
    description: NotRequired[str]
    """What it is for."""
    country: NotRequired[str]
    """Of a number that is written without its country code; left out: your own country."""
    operator: NotRequired[Literal["mtn", "orange", "moov", "airtel", "wave"]]
    """Left out: as the number says. A Wave wallet is on any operator's number: say it."""


class LineSum(TypedDict):
    count: int
    """How many there are."""
    amount: int
    """In the currency's smallest unit."""
    fee: int
    """What is charged beside it, held since the batch was submitted; nothing of lines that are
    not paid."""
    fee_tax: int
    """The tax on the fees, beside it as well."""


class LineSums(TypedDict):
    invalid: LineSum
    """Not paid unless corrected. One whose amount cannot be read counts with none."""
    ready: LineSum
    """To be sent."""
    dropped: LineSum
    """Not to be paid."""
    sent: LineSum
    """Payouts under way."""
    succeeded: LineSum
    """The payees have the money."""
    failed: LineSum
    """Nothing was paid."""
    canceled: LineSum
    """Not sent, for the batch was canceled."""


class Me(TypedDict):
    object: Literal["me"]
    """What kind of object this is: always this word."""
    livemode: bool
    """true: live, with real money. false: test, where none moves."""
    mode: Literal["test", "live"]
    """test or live: `livemode` as a word."""
    merchant: Merchant
    """Whom you act for."""
    credential: Credential
    """What this request was made with."""


class Merchant(TypedDict):
    id: str
    """Its own id: a prefix that says its kind, `_`, and 26 letters and digits."""
    object: Literal["merchant"]
    """What kind of object this is: always this word."""
    name: str
    """Your business."""
    country: str
    """ISO 3166, two letters."""
    currency: str
    """Your own currency, as in ISO 4217."""
    timezone: str
    """Your time zone, such as Africa/Douala."""
    language: str
    """The language of your statements and e-mails: fr or en."""


class MessageInput(TypedDict):
    body: str
    """Plain text, of several lines."""


class MethodPrediction(TypedDict):
    object: Literal["payment_method"]
    """What kind of object this is: always this word."""
    livemode: bool
    """true: live, with real money. false: test, where none moves."""
    phone: str
    """E.164."""
    national: str
    """As written at home."""
    international: str
    """As written abroad."""
    country: str
    """ISO 3166, two letters."""
    operator: str | None
    """Null when it is not known."""
    is_test_number: bool
    """A number of a provider's own sandbox."""
    rails: list[MethodRail]
    """What can serve it now, the best first."""
    reason: MethodReason | None
    """Why no rail can: what creating the payment would answer; null if one can."""


class MethodRail(TypedDict):
    provider: str
    """The provider that moves the money, such as `mtn_momo`."""
    operator: str
    """The mobile-money operator, such as `mtn`, `orange` or `wave`."""
    currency: Literal["EUR", "USD", "XAF", "XOF"]
    """The currency of its amounts, as in ISO 4217."""
    amount_min: int
    """The smallest amount it takes, in the currency's smallest unit."""
    amount_max: int
    """The largest amount it takes, in the currency's smallest unit."""
    authorization: Literal["approve_on_phone", "redirect"]
    """How the payer agrees."""
    status: Literal["open", "delayed"]
    """open: it answers as usual. delayed: it answers slowly."""


class MethodReason(TypedDict):
    code: Literal["no_rail", "amount_out_of_range", "rail_closed"]
    """What happened, for a program."""
    detail: str
    """What you can do about it."""


class Money(TypedDict):
    amount: int
    """In the currency's smallest unit."""
    currency: Literal["EUR", "USD", "XAF", "XOF"]
    """The currency of its amounts, as in ISO 4217."""


class NameTotals(TypedDict):
    waiting: int
    """Still being checked."""
    match: int
    """The names agree."""
    close: int
    """Spelled otherwise, or with a name more."""
    different: int
    """Another person's: they stop the batch."""
    confirmed: int
    """Another person's, and confirmed all the same."""
    no_account: int
    """The rail has no wallet of this number that receives."""
    not_checked: int
    """The rail did not say."""


class NextAction(TypedDict):
    kind: Literal["approve_on_phone", "redirect"]
    """approve_on_phone: the payer agrees on the telephone. redirect: send the payer to `url`."""
    url: str
    """Where to send the payer; empty without a redirect."""


NoInput = dict[str, Any]


class Payee(TypedDict):
    phone: str
    """Masked."""


class PayeeInput(TypedDict):
    phone: str
    """In any writing, as `+237 677 00 00 01`."""
    country: NotRequired[str]
    """Of a number that is written without its country code; left out: your own country."""
    operator: NotRequired[Literal["mtn", "orange", "moov", "airtel", "wave"]]
    """Left out: as the number says. A Wave wallet is on any operator's number: say it."""


class Payer(TypedDict):
    phone: str
    """Masked."""


class PayerInput(TypedDict):
    phone: NotRequired[str]
    """In any writing, as `+237 677 00 00 01`. Left out with `checkout` alone."""
    country: NotRequired[str]
    """Of a number that is written without its country code; left out: your own country."""
    operator: NotRequired[Literal["mtn", "orange", "moov", "airtel", "wave"]]
    """Left out: as the number says. A Wave wallet is on any operator's number: say it."""


class Payment(TypedDict):
    id: str
    """Its own id: a prefix that says its kind, `_`, and 26 letters and digits."""
    object: Literal["payment"]
    """What kind of object this is: always this word."""
    livemode: bool
    """true: live, with real money. false: test, where none moves."""
    status: Literal[
        "pending",
        "requires_action",
        "authorized",
        "verifying",
        "succeeded",
        "failed",
        "expired",
        "canceled",
    ]
    """verifying: we do not know, and are asking. expired: it may still succeed, late. The guide
    on states has them all."""
    amount: int
    """In the currency's smallest unit."""
    amount_received: int | None
    """What was paid: the amount, unless another was accepted; null until then."""
    amount_refunded: int
    """What was given back of it, or is being; refunds that failed do not count."""
    amount_disputed: int
    """What of it is disputed now, or was lost to a dispute."""
    currency: Literal["EUR", "USD", "XAF", "XOF"]
    """The currency of its amounts, as in ISO 4217."""
    fee: int
    """What we keep of the amount, once it is paid."""
    fee_tax: int
    """The tax on the fee, kept of the amount as well."""
    fee_line: str | None
    """The line of your fees that it is by (GET /fees); null where none fits."""
    country: str
    """ISO 3166, of the number."""
    method: Literal["mobile_money"]
    """How the payer pays."""
    operator: str
    """The mobile-money operator, such as `mtn`, `orange` or `wave`."""
    provider: str
    """Of the latest attempt."""
    payer: Payer
    """Whose wallet is asked."""
    reference: str
    """Your own."""
    description: str
    """Your own text, as you sent it; empty if you sent none."""
    metadata: dict[str, str]
    """Texts of your own by name, 20 at most, kept and answered as they are."""
    next_action: NextAction | None
    """What the payer has to do; null if nothing, and while the outcome is unknown."""
    failure_code: Literal[
        "payer_declined",
        "payer_timed_out",
        "payer_not_found",
        "payer_blocked",
        "insufficient_funds",
        "limit_reached",
        "merchant_account_blocked",
        "provider_declined",
        "provider_unavailable",
        "configuration",
        None,
    ]
    """Why it failed or expired: the guide on errors says what each means. Null otherwise."""
    return_url: str | None
    """Where the payer's browser goes afterwards; null if you named nothing."""
    cancel_url: str | None
    """Where it goes if the payer gives up or it fails; null if you named nothing."""
    expires_at: str
    """Unanswered, it is reported expired then."""
    created_at: str
    """When it was made."""
    completed_at: str | None
    """When it ended; null until then."""


class PaymentInput(TypedDict):
    amount: int
    """A whole number of the currency's smallest unit: 1500 is 1,500 XAF, or 15.00 EUR."""
    currency: Literal["EUR", "USD", "XAF", "XOF"]
    """That of the country of the number: XAF in Cameroon, XOF in Côte d'Ivoire."""
    payer: NotRequired[PayerInput]
    """Whose wallet is asked. With `checkout` it may be left out."""
    checkout: NotRequired[bool]
    """true: the payer says on our page which number pays. Send her to `next_action.url`; `payer`
    then has no `phone`."""
    reference: NotRequired[str]
    """Your own name for it, as an order's number. Two may have the same: what must not happen
    twice has an `Idempotency-Key`."""
    description: NotRequired[str]
    """What it is for. The payer reads the beginning of it where the provider shows one."""
    metadata: NotRequired[dict[str, str]]
    """Texts of your own by name, 20 at most, kept and answered as they are."""
    return_url: NotRequired[str]
    """Where the payer's browser goes afterwards; other letters than ASCII are kept encoded, and
    then it has 500 characters at most."""
    cancel_url: NotRequired[str]
    """Where the payer's browser goes afterwards; other letters than ASCII are kept encoded, and
    then it has 500 characters at most."""


class PaymentMethodInput(TypedDict):
    phone: str
    """In any writing, as `+237 677 00 00 01`."""
    country: NotRequired[str]
    """Of a number that is written without its country code; left out: your own country."""
    operator: NotRequired[Literal["mtn", "orange", "moov", "airtel", "wave"]]
    """Left out: as the number says. A Wave wallet is on any operator's number: say it."""
    amount: NotRequired[int]
    """A whole number of the currency's smallest unit: 1500 is 1,500 XAF, or 15.00 EUR."""
    currency: NotRequired[Literal["EUR", "USD", "XAF", "XOF"]]
    """That of the country of the number: XAF in Cameroon, XOF in Côte d'Ivoire."""


class PaymentWithAttempts(TypedDict):
    id: str
    """Its own id: a prefix that says its kind, `_`, and 26 letters and digits."""
    object: Literal["payment"]
    """What kind of object this is: always this word."""
    livemode: bool
    """true: live, with real money. false: test, where none moves."""
    status: Literal[
        "pending",
        "requires_action",
        "authorized",
        "verifying",
        "succeeded",
        "failed",
        "expired",
        "canceled",
    ]
    """verifying: we do not know, and are asking. expired: it may still succeed, late. The guide
    on states has them all."""
    amount: int
    """In the currency's smallest unit."""
    amount_received: int | None
    """What was paid: the amount, unless another was accepted; null until then."""
    amount_refunded: int
    """What was given back of it, or is being; refunds that failed do not count."""
    amount_disputed: int
    """What of it is disputed now, or was lost to a dispute."""
    currency: Literal["EUR", "USD", "XAF", "XOF"]
    """The currency of its amounts, as in ISO 4217."""
    fee: int
    """What we keep of the amount, once it is paid."""
    fee_tax: int
    """The tax on the fee, kept of the amount as well."""
    fee_line: str | None
    """The line of your fees that it is by (GET /fees); null where none fits."""
    country: str
    """ISO 3166, of the number."""
    method: Literal["mobile_money"]
    """How the payer pays."""
    operator: str
    """The mobile-money operator, such as `mtn`, `orange` or `wave`."""
    provider: str
    """Of the latest attempt."""
    payer: Payer
    """Whose wallet is asked."""
    reference: str
    """Your own."""
    description: str
    """Your own text, as you sent it; empty if you sent none."""
    metadata: dict[str, str]
    """Texts of your own by name, 20 at most, kept and answered as they are."""
    next_action: NextAction | None
    """What the payer has to do; null if nothing, and while the outcome is unknown."""
    failure_code: Literal[
        "payer_declined",
        "payer_timed_out",
        "payer_not_found",
        "payer_blocked",
        "insufficient_funds",
        "limit_reached",
        "merchant_account_blocked",
        "provider_declined",
        "provider_unavailable",
        "configuration",
        None,
    ]
    """Why it failed or expired: the guide on errors says what each means. Null otherwise."""
    return_url: str | None
    """Where the payer's browser goes afterwards; null if you named nothing."""
    cancel_url: str | None
    """Where it goes if the payer gives up or it fails; null if you named nothing."""
    expires_at: str
    """Unanswered, it is reported expired then."""
    created_at: str
    """When it was made."""
    completed_at: str | None
    """When it ended; null until then."""
    attempts: NotRequired[list[Attempt]]
    """With expand=attempts."""


class Payout(TypedDict):
    id: str
    """Its own id: a prefix that says its kind, `_`, and 26 letters and digits."""
    object: Literal["payout"]
    """What kind of object this is: always this word."""
    livemode: bool
    """true: live, with real money. false: test, where none moves."""
    status: Literal[
        "needs_approval", "pending", "processing", "verifying", "succeeded", "failed", "canceled"
    ]
    """needs_approval: a rule demands that others approve it first. verifying: we do not know,
    and are asking; nothing is sent again meanwhile. The guide on states has them all."""
    amount: int
    """In the currency's smallest unit."""
    currency: Literal["EUR", "USD", "XAF", "XOF"]
    """The currency of its amounts, as in ISO 4217."""
    fee: int
    """What we charge beside the amount once it is sent, held with it until then; nothing if it
    fails."""
    fee_tax: int
    """The tax on the fee, charged beside the amount as well."""
    fee_line: str | None
    """The line of your fees that it is by (GET /fees); null where none fits."""
    country: str
    """ISO 3166, of the number."""
    operator: str
    """The mobile-money operator, such as `mtn`, `orange` or `wave`."""
    provider: str
    """Of the latest attempt."""
    payee: Payee
    """Whose wallet is paid."""
    reference: str
    """Your own."""
    description: str
    """Your own text, as you sent it; empty if you sent none."""
    metadata: dict[str, str]
    """Texts of your own by name, 20 at most, kept and answered as they are."""
    failure_code: Literal[
        "insufficient_funds",
        "limit_reached",
        "merchant_account_blocked",
        "payee_not_found",
        "payee_cannot_receive",
        "payee_limit_reached",
        "provider_declined",
        "provider_unavailable",
        "configuration",
        None,
    ]
    """Why it failed: the guide on errors says what each means. Null otherwise."""
    approval: str | None
    """What others had to approve of it (GET /approvals/{id}); null where no rule demanded it."""
    created_at: str
    """When it was made."""
    completed_at: str | None
    """When it ended; null until then."""


class PayoutBatch(TypedDict):
    id: str
    """Its own id: a prefix that says its kind, `_`, and 26 letters and digits."""
    object: Literal["payout_batch"]
    """What kind of object this is: always this word."""
    livemode: bool
    """true: live, with real money. false: test, where none moves."""
    status: Literal[
        "checking",
        "draft",
        "needs_approval",
        "scheduled",
        "running",
        "paused",
        "completed",
        "canceling",
        "canceled",
    ]
    """checking: its lines are being read. draft: lines may be corrected or dropped.
    needs_approval: its total is held, with its fees, until another approves it. canceling:
    what was not sent will not be; some payouts have not ended. The guide on states has them
    all."""
    currency: Literal["EUR", "USD", "XAF", "XOF"]
    """The currency of its amounts, as in ISO 4217."""
    lines: LineSums
    """How many lines of each status, and how much they are together."""
    progress: Progress
    """How far it is, of the lines that are or were to be sent."""
    reference: str
    """Your own."""
    description: str
    """Your own text, as you sent it; empty if you sent none."""
    source: Literal["api", "file", "pain001"]
    """How its lines came. api: in the request. file: as a table. pain001: as an order of ISO
    20022."""
    file_name: str | None
    """Of the file that they came in; null if in none."""
    failure_code: str | None
    """Why it ended without being sent; null otherwise."""
    digest: str | None
    """Of the payees, amounts, fees and sums that are to be approved: send it when you approve,
    so that what you saw is what is paid. Null until it is submitted, and once it is sent
    back."""
    rejection_reason: str | None
    """Why it was last sent back to its maker; null if it never was, and once it is submitted
    again."""
    retry_of: str | None
    """The batch of which this sends again what failed; null of others."""
    scheduled_at: str | None
    """Not sent before; null: once it is approved."""
    created_at: str
    """When it was made."""
    submitted_at: str | None
    """When it was last submitted for approval; null until then."""
    approved_at: str | None
    """When it was approved; null until then."""
    started_at: str | None
    """When it began to be sent; null until then."""
    completed_at: str | None
    """When it ended; null until then."""


class PayoutBatchFormInput(TypedDict):
    currency: NotRequired[Literal["EUR", "USD", "XAF", "XOF"]]
    """Of every line. Left out: your account's own."""
    reference: NotRequired[str]
    """Your own name for it, as an order's number. Two may have the same: what must not happen
    twice has an `Idempotency-Key`."""
    description: NotRequired[str]
    """What the batch is for. Whoever approves it reads this."""
    file: str
    """As it is: CSV, XLSX, ODS or pain.001.001.03 or .09, of 64 MB at most."""


class PayoutBatchInput(TypedDict):
    currency: NotRequired[Literal["EUR", "USD", "XAF", "XOF"]]
    """Of every line. Left out: your account's own."""
    reference: NotRequired[str]
    """Your own name for it, as an order's number. Two may have the same: what must not happen
    twice has an `Idempotency-Key`."""
    description: NotRequired[str]
    """What the batch is for. Whoever approves it reads this."""
    lines: NotRequired[list[dict[str, Any]]]
    """Amounts in the currency's smallest unit. All of a request has 8 MB at most: send longer
    lists as a form with a file."""
    file: NotRequired[BatchFileInput]
    """In place of lines."""


class PayoutBatchLine(TypedDict):
    id: str
    """Its own id: a prefix that says its kind, `_`, and 26 letters and digits."""
    object: Literal["payout_batch_line"]
    """What kind of object this is: always this word."""
    number: int
    """As in the file, where a spreadsheet counts the heading too."""
    status: Literal["invalid", "ready", "dropped", "sent", "succeeded", "failed", "canceled"]
    """invalid: not paid unless corrected. ready: to be sent. dropped: not to be paid. sent: its
    payout is under way. canceled: not sent, for the batch was canceled."""
    amount: int | None
    """In the currency's smallest unit; null if it cannot be read."""
    fee: int
    """What is charged beside the amount once it is paid: what your plan says now while its batch
    is a draft; the price of the moment in which it is submitted, and held with the amount,
    from then on."""
    fee_tax: int
    """The tax on the fee, charged beside the amount as well."""
    country: str | None
    """ISO 3166, of the number; null if it cannot be read."""
    operator: str | None
    """The operator of the number; null while it is not known."""
    payee: Payee
    """Whose wallet is paid."""
    reference: str
    """Your own."""
    description: str
    """Your own text, as you sent it; empty if you sent none."""
    problems: list[dict[str, Any]]
    """What must be corrected before it can be paid."""
    warnings: list[dict[str, Any]]
    """What is odd and may be meant."""
    name_check: dict[str, Any] | None
    """How well your name for the payee agrees with the one the rail has, from 0 to 100, and the
    initials of that one until they are erased; null of a line without a name. A line whose
    result is different stops its batch until it is corrected, dropped or confirmed, for the
    digest that is shown."""
    payout: str | None
    """The payout that it became; null until it is one."""
    failure_code: str | None
    """Why it failed: the guide on errors says what each means. Null otherwise."""


class PayoutBatchResults(TypedDict):
    object: Literal["payout_batch_results"]
    """What kind of object this is: always this word."""
    batch: str
    """The batch that it is of."""
    format: Literal["csv", "xlsx", "pain.002.001.03", "pain.002.001.10", "pdf"]
    """What kind of file this is: as you asked for it."""
    name: str
    """The file's name."""
    content_type: str
    """The media type of the content."""
    content: str
    """In base64."""


class PayoutBatchUpload(TypedDict):
    id: str
    """Its own id: a prefix that says its kind, `_`, and 26 letters and digits."""
    object: Literal["payout_batch_upload"]
    """What kind of object this is: always this word."""
    livemode: bool
    """true: live, with real money. false: test, where none moves."""
    status: Literal["open", "finished", "discarded"]
    """open: pieces are still to come, or it is to be finished. finished: it is a batch.
    discarded: nothing of it is kept."""
    file_name: str
    """Of the file, without the phone numbers that were in it."""
    size: int
    """How many bytes the whole file has."""
    received: int
    """How many bytes of it are here: the next piece begins there."""
    sha256: str
    """The SHA-256 of the whole file, announced."""
    currency: Literal["EUR", "USD", "XAF", "XOF"]
    """The currency of its amounts, as in ISO 4217."""
    reference: str
    """Your own."""
    description: str
    """Your own text, as you sent it; empty if you sent none."""
    payout_batch: str | None
    """The batch that was made of it; null until it is finished."""
    created_at: str
    """When it was made."""
    expires_at: str
    """When it is forgotten, with whatever came of it. A batch that was made of it stays."""


class PayoutBatchUploadInput(TypedDict):
    file_name: str
    """The file's name, for people."""
    size: int
    """How many bytes it has; 64 MB at most."""
    sha256: str
    """The SHA-256 of the whole file, as hexadecimal digits."""
    currency: NotRequired[Literal["EUR", "USD", "XAF", "XOF"]]
    """Of every line. Left out: your account's own."""
    reference: NotRequired[str]
    """Your own name for it, as an order's number. Two may have the same: what must not happen
    twice has an `Idempotency-Key`."""
    description: NotRequired[str]
    """What the batch is for. Whoever approves it reads this."""


class PayoutInput(TypedDict):
    amount: int
    """A whole number of the currency's smallest unit: 1500 is 1,500 XAF, or 15.00 EUR."""
    currency: Literal["EUR", "USD", "XAF", "XOF"]
    """That of the country of the number: XAF in Cameroon, XOF in Côte d'Ivoire."""
    payee: PayeeInput
    """Whose wallet gets the money."""
    reference: NotRequired[str]
    """Your own name for it, as an order's number. Two may have the same: what must not happen
    twice has an `Idempotency-Key`."""
    description: NotRequired[str]
    """What it is for. The payee reads the beginning of it where the provider shows one."""
    metadata: NotRequired[dict[str, str]]
    """Texts of your own by name, 20 at most, kept and answered as they are."""


class Pending(TypedDict):
    amount: int
    """In the currency's smallest unit."""
    currency: Literal["EUR", "USD", "XAF", "XOF"]
    """The currency of its amounts, as in ISO 4217."""
    dates: list[PendingDate]
    """When how much of it becomes available, the earliest first; the next ten dates."""


class PendingDate(TypedDict):
    available_at: str
    """When it becomes available."""
    amount: int
    """In the currency's smallest unit."""


class Point(TypedDict):
    operation: Literal["collect", "refund", "disburse"]
    """collect: payments. refund: refunds. disburse: payouts."""
    provider: str | None
    """The provider that moves the money, such as `mtn_momo`. Null unless grouped by, or where
    there is none."""
    country: str | None
    """ISO 3166, two letters. Null unless grouped by, or where there is none."""
    operator: str | None
    """The mobile-money operator, such as `mtn`, `orange` or `wave`. Null unless grouped by, or
    where there is none."""
    method: str | None
    """How the payer pays. Null unless grouped by, or where there is none."""
    currency: Literal["EUR", "USD", "XAF", "XOF"]
    """The currency of its amounts, as in ISO 4217."""
    begin: str
    """When this point of time begins."""
    figures: Figures
    """Of this point of time."""


class Problem(TypedDict):
    type: str
    """`urn:lomi:error:` and the code."""
    title: str
    """What happened, for a person."""
    status: int
    """The HTTP status."""
    code: str
    """What happened, for a program."""
    detail: str
    """What you can do about it."""
    doc_url: NotRequired[str]
    """Where the guide on errors says more of this code."""
    errors: NotRequired[list[dict[str, Any]]]
    """The fields at fault, each with its own code."""


class Progress(TypedDict):
    total: int
    """How many lines these are."""
    ended: int
    """How many of them have succeeded or failed."""
    amount_total: int
    """What they are together, in the currency's smallest unit."""
    amount_ended: int
    """What those that have ended are together."""
    fee_total: int
    """What is charged beside the amounts; less as lines fail."""
    fee_tax_total: int
    """The tax on the fees."""
    rate_per_minute: int | None
    """Payouts ended in a minute, since it started and without its pauses; null while none has
    ended."""
    ends_at: str | None
    """When it will have ended at this rate; null if that is not known: it does not run, or too
    little of it has ended."""
    seconds_left_min: int | None
    """What is left takes so long at the least, for its rails take so many orders a minute; null
    if they say no limit."""


class Prompt(TypedDict):
    fr: str
    """In French."""
    en: str
    """In English."""


class RailPayeeInput(TypedDict):
    phone: str
    """In any writing, as `+237 677 00 00 01`."""
    country: NotRequired[str]
    """Of a number that is written without its country code; left out: your own country."""


class RailPayerInput(TypedDict):
    phone: str
    """In any writing, as `+237 677 00 00 01`."""
    country: NotRequired[str]
    """Of a number that is written without its country code; left out: your own country."""


class RailPaymentInput(TypedDict):
    amount: int
    """A whole number of the currency's smallest unit: 1500 is 1,500 XAF, or 15.00 EUR."""
    currency: Literal["EUR", "USD", "XAF", "XOF"]
    """That of the country of the number: XAF in Cameroon, XOF in Côte d'Ivoire."""
    payer: RailPayerInput
    """Whose wallet is asked."""
    reference: NotRequired[str]
    """Your own name for it, as an order's number. Two may have the same: what must not happen
    twice has an `Idempotency-Key`."""
    description: NotRequired[str]
    """What it is for. The payer reads the beginning of it where the provider shows one."""
    metadata: NotRequired[dict[str, str]]
    """Texts of your own by name, 20 at most, kept and answered as they are."""
    return_url: NotRequired[str]
    """Where the payer's browser goes afterwards; other letters than ASCII are kept encoded, and
    then it has 500 characters at most."""
    cancel_url: NotRequired[str]
    """Where the payer's browser goes afterwards; other letters than ASCII are kept encoded, and
    then it has 500 characters at most."""


class RailPayoutInput(TypedDict):
    amount: int
    """A whole number of the currency's smallest unit: 1500 is 1,500 XAF, or 15.00 EUR."""
    currency: Literal["EUR", "USD", "XAF", "XOF"]
    """That of the country of the number: XAF in Cameroon, XOF in Côte d'Ivoire."""
    payee: RailPayeeInput
    """Whose wallet gets the money."""
    reference: NotRequired[str]
    """Your own name for it, as an order's number. Two may have the same: what must not happen
    twice has an `Idempotency-Key`."""
    description: NotRequired[str]
    """What it is for. The payee reads the beginning of it where the provider shows one."""
    metadata: NotRequired[dict[str, str]]
    """Texts of your own by name, 20 at most, kept and answered as they are."""


class RailRefundInput(TypedDict):
    payment: str
    """Its id, or your reference: the newest payment with it."""
    amount: NotRequired[int]
    """In the currency's smallest unit. Left out: all that is left."""
    currency: NotRequired[Literal["EUR", "USD", "XAF", "XOF"]]
    """The payment's own, if you say it."""
    reason: NotRequired[str]
    """For yourself alone."""
    metadata: NotRequired[dict[str, str]]
    """Texts of your own by name, 20 at most, kept and answered as they are."""


class RailStatus(TypedDict):
    object: Literal["rail_status"]
    """What kind of object this is: always this word."""
    livemode: bool
    """true: live, with real money. false: test, where none moves."""
    provider: str
    """The provider that moves the money, such as `mtn_momo`."""
    name: str
    """What payers call it."""
    country: str
    """ISO 3166, two letters."""
    operation: Literal["collect", "refund", "disburse"]
    """collect: payments. refund: refunds. disburse: payouts."""
    status: Literal["operational", "degraded", "down", "closed", "unknown"]
    """Degraded: it is slow, or fewer succeed than usual. Down: it fails, or is silent. Closed:
    our staff closed it. Unknown: our own monitoring stands still, and knew of nothing wrong
    before."""
    since: str | None
    """Since when it is degraded, down or unknown; null if it is not."""
    uptime_percent: str | None
    """Of the last 90 days, as far as they were counted: the share of the time without a severe
    incident. Null before the first day."""


class RailTotal(TypedDict):
    country: str
    """ISO 3166, two letters."""
    operator: str
    """The mobile-money operator, such as `mtn`, `orange` or `wave`."""
    count: int
    """How many there are."""
    amount: int
    """In the currency's smallest unit."""
    fee: int
    """What is charged beside it."""
    fee_tax: int
    """The tax on the fees, beside it as well."""
    funds: Literal["enough", "short", "unknown"]
    """Whether the provider's account that would pay it holds as much just now, by the provider's
    word. Nothing is refused for being short: the account may be filled up in time. unknown:
    the rail does not say it, or has not for an hour."""


class RatingInput(TypedDict):
    score: int
    """1 is bad, 5 good."""
    comment: NotRequired[str]
    """What was good or bad, in your words."""


class Refund(TypedDict):
    id: str
    """Its own id: a prefix that says its kind, `_`, and 26 letters and digits."""
    object: Literal["refund"]
    """What kind of object this is: always this word."""
    livemode: bool
    """true: live, with real money. false: test, where none moves."""
    payment: str
    """The payment whose money is given back."""
    status: Literal[
        "needs_approval", "pending", "processing", "verifying", "succeeded", "failed", "canceled"
    ]
    """needs_approval: a rule demands that others approve it first. processing: a provider has
    it. verifying: we do not know, and are asking. The guide on states has them all."""
    amount: int
    """In the currency's smallest unit."""
    currency: Literal["EUR", "USD", "XAF", "XOF"]
    """The currency of its amounts, as in ISO 4217."""
    fee: int
    """What we charge beside the amount once it is sent, held with it until then; nothing if it
    fails."""
    fee_tax: int
    """The tax on the fee, charged beside the amount as well."""
    fee_line: str | None
    """The line of your fees that it is by (GET /fees); null where none fits."""
    fee_returned: int
    """What it gave back of the fee of its payment, once it has succeeded: `fee_return` of the
    line by which that was charged says how much (GET /fees)."""
    fee_tax_returned: int
    """The same of the tax on that fee."""
    way: Literal["refund", "disburse"]
    """refund: the rail's own. disburse: a payment to the payer's number, where the rail's own
    cannot be used."""
    provider: str
    """The provider that moves the money, such as `mtn_momo`."""
    reason: str
    """Your own."""
    metadata: dict[str, str]
    """Texts of your own by name, 20 at most, kept and answered as they are."""
    failure_code: Literal[
        "insufficient_funds",
        "limit_reached",
        "merchant_account_blocked",
        "payee_not_found",
        "payee_cannot_receive",
        "payee_limit_reached",
        "provider_declined",
        "provider_unavailable",
        "configuration",
        None,
    ]
    """Why it failed: the guide on errors says what each means. Null otherwise."""
    approval: str | None
    """What others had to approve of it (GET /approvals/{id}); null where no rule demanded it."""
    created_at: str
    """When it was made."""
    completed_at: str | None
    """When it ended; null until then."""


class RefundInput(TypedDict):
    payment: str
    """The payment's id."""
    amount: NotRequired[int]
    """In the currency's smallest unit. Left out: all that is left."""
    currency: NotRequired[Literal["EUR", "USD", "XAF", "XOF"]]
    """The payment's own, if you say it."""
    reason: NotRequired[str]
    """For yourself alone."""
    metadata: NotRequired[dict[str, str]]
    """Texts of your own by name, 20 at most, kept and answered as they are."""


class RejectionInput(TypedDict):
    reason: str
    """For who submitted it."""


class ResponseTimes(TypedDict):
    livemode: bool
    """true: live, with real money. false: test, where none moves."""
    period_start: str
    """When the period begins: a whole hour."""
    period_end: str
    """When it ends: what was created then or later is not in it."""
    time_zone: str
    """Yours."""
    as_of: str | None
    """All that happened until then is in the figures; null before anything was counted."""
    object: Literal["report_response_times"]
    """What kind of object this is: always this word."""
    data: list[TimeRow]
    """Each is off by five percent at most."""


class RotationInput(TypedDict):
    overlap_hours: NotRequired[int]
    """How long both work; 24 if left out."""


class SecretRotationInput(TypedDict):
    overlap_hours: NotRequired[int]
    """How long the secret before signs too. 24 unless said."""


class Settlement(TypedDict):
    id: str
    """Its own id: a prefix that says its kind, `_`, and 26 letters and digits."""
    object: Literal["settlement"]
    """What kind of object this is: always this word."""
    livemode: bool
    """true: live, with real money. false: test, where none moves."""
    status: Literal["carried_over", "waiting", "on_hold", "filed", "sent", "paid", "failed"]
    """carried_over: nothing is paid, and the next statement begins with the balance. on_hold: we
    have to look at it. failed: your balance has the amount again; after paid, the money came
    back to our bank. The guide on states has them all."""
    number: str
    """Without a gap in a year."""
    currency: Literal["EUR", "USD", "XAF", "XOF"]
    """The currency of its amounts, as in ISO 4217."""
    period_start: str | None
    """When the period before was closed; null of the first."""
    period_end: str
    """When it was closed: what was under way at that moment is on the next statement."""
    opening_balance: int
    """In the currency's smallest unit."""
    closing_balance: int
    """Opening balance and all lines together; may be negative."""
    amount: int
    """What is paid to you."""
    carried_over: int
    """What the next statement begins with, besides."""
    line_count: int
    """How many lines it has: each is one movement of your balance."""
    totals: list[Total]
    """The lines, by kind."""
    paid_by: Literal["payout", "bank_file"]
    """payout: to your own wallet. bank_file: a transfer of our bank."""
    payee: str
    """Masked."""
    payout: str | None
    """The payout that pays it; null if none does."""
    reason_code: str | None
    """Why it is held or was not paid; null otherwise."""
    created_at: str
    """When it was made."""
    completed_at: str | None
    """When it ended; null until then."""


class SettlementFile(TypedDict):
    object: Literal["settlement_file"]
    """What kind of object this is: always this word."""
    settlement: str
    """The settlement whose statement it is."""
    format: Literal["csv", "xlsx", "pdf", "camt.053.001.08"]
    """What kind of file this is: as you asked for it."""
    name: str
    """The file's name."""
    content_type: str
    """The media type of the content."""
    content: str
    """In base64."""


class SettlementLine(TypedDict):
    id: str
    """Of the movement."""
    object: Literal["settlement_line"]
    """What kind of object this is: always this word."""
    number: int
    """Its place in the statement, counted from one."""
    kind: Literal[
        "gross",
        "fee",
        "fee_tax",
        "refund_held",
        "refund_returned",
        "payout_held",
        "payout_returned",
        "payout_fee_held",
        "payout_fee_back",
        "payout_tax_held",
        "payout_tax_back",
        "refund_fee_held",
        "refund_fee_back",
        "refund_tax_held",
        "refund_tax_back",
        "collect_fee_back",
        "collect_tax_back",
        "dispute_held",
        "dispute_returned",
        "batch_held",
        "batch_released",
        "batch_returned",
        "released",
        "reserve_held",
        "reserve_released",
        "settle_held",
        "settle_released",
        "settle_returned",
        "correction_in",
        "correction_out",
    ]
    """What moved: gross is what was paid, fee and fee_tax what is kept of it. What ends in _held
    is set aside, in _returned or _back it is yours again."""
    amount: int
    """Negative where it was taken off."""
    source: str
    """What moved it: a payment, a refund, a payout, an earlier settlement …"""
    created_at: str
    """When it moved your balance."""


class SubmissionInput(TypedDict):
    scheduled_at: NotRequired[str]
    """Not sent before; without it, on the day that its file names (pain.001), else as soon as it
    is approved."""


class Summary(TypedDict):
    livemode: bool
    """true: live, with real money. false: test, where none moves."""
    period_start: str
    """When the period begins: a whole hour."""
    period_end: str
    """When it ends: what was created then or later is not in it."""
    time_zone: str
    """Yours."""
    as_of: str | None
    """All that happened until then is in the figures; null before anything was counted."""
    object: Literal["report_summary"]
    """What kind of object this is: always this word."""
    previous_start: str
    """When the period before begins, which ends where this one begins."""
    data: list[SummaryRow]
    """One for each operation, currency and group."""


class SummaryRow(TypedDict):
    operation: Literal["collect", "refund", "disburse"]
    """collect: payments. refund: refunds. disburse: payouts."""
    provider: str | None
    """The provider that moves the money, such as `mtn_momo`. Null unless grouped by, or where
    there is none."""
    country: str | None
    """ISO 3166, two letters. Null unless grouped by, or where there is none."""
    operator: str | None
    """The mobile-money operator, such as `mtn`, `orange` or `wave`. Null unless grouped by, or
    where there is none."""
    method: str | None
    """How the payer pays. Null unless grouped by, or where there is none."""
    currency: Literal["EUR", "USD", "XAF", "XOF"]
    """The currency of its amounts, as in ISO 4217."""
    figures: Figures
    """Of the period."""
    previous: Figures
    """The same of the period before, which is as long."""


class SupportTicket(TypedDict):
    id: str
    """Its own id: a prefix that says its kind, `_`, and 26 letters and digits."""
    object: Literal["ticket"]
    """What kind of object this is: always this word."""
    livemode: bool
    """true: live, with real money. false: test, where none moves."""
    number: str
    """What to say on the telephone."""
    subject: str
    """In events telephone numbers are hidden in it."""
    category: Literal[
        "debited_not_confirmed",
        "paid_twice",
        "wrong_number",
        "failed_and_debited",
        "refund_not_arrived",
        "webhook_not_received",
        "no_prompt",
        "other",
    ]
    """What is complained of."""
    priority: Literal["low", "normal", "high", "critical"]
    """How urgent it is to us."""
    status: Literal[
        "new",
        "open",
        "waiting_for_merchant",
        "waiting_for_payer",
        "waiting_for_provider",
        "resolved",
        "closed",
    ]
    """waiting_for_merchant: it is your turn. resolved: an answer within 14 days opens it again.
    closed: an answer opens a new one. The guide on states has them all."""
    about: str | None
    """The payment, refund or payout that it is about; null if about none."""
    language: Literal["fr", "en"]
    """Of the answers."""
    rating: int | None
    """Yours: 1 is bad, 5 good; null until you gave one."""
    merged_into: str | None
    """The ticket in which this one goes on; null of others."""
    created_at: str
    """When it was made."""
    updated_at: str
    """When it last changed."""
    first_answered_at: str | None
    """When we first answered; null until then."""
    resolved_at: str | None
    """When it was resolved; null while it is not."""


class Ticket(TypedDict):
    object: Literal["realtime_ticket"]
    """What kind of object this is: always this word."""
    ticket: str
    """Used up by the first stream it opens."""
    url: str
    """The WebSocket's address, to which ?ticket= is added."""
    expires_at: str
    """Until when it opens one."""


class TicketAttachment(TypedDict):
    id: str
    """Its own id: a prefix that says its kind, `_`, and 26 letters and digits."""
    object: Literal["ticket_attachment"]
    """What kind of object this is: always this word."""
    ticket: str
    """The ticket that it belongs to."""
    name: str
    """The file's name."""
    content_type: Literal[
        "image/png", "image/jpeg", "image/gif", "image/webp", "application/pdf", "text/plain"
    ]
    """What its content is, whatever its name."""
    media_type: Literal[
        "image/png", "image/jpeg", "image/gif", "image/webp", "application/pdf", "text/plain"
    ]
    """The same as content_type: its name of before."""
    size: int
    """In bytes."""
    created_at: str
    """When it was made."""


class TicketInput(TypedDict):
    subject: str
    """What it is about, in a line."""
    body: str
    """Plain text, of several lines."""
    category: NotRequired[
        Literal[
            "debited_not_confirmed",
            "paid_twice",
            "wrong_number",
            "failed_and_debited",
            "refund_not_arrived",
            "webhook_not_received",
            "no_prompt",
            "other",
        ]
    ]
    """Left out: other."""
    priority: NotRequired[Literal["low", "normal", "high"]]
    """Left out: normal."""
    about: NotRequired[str]
    """The id of the payment, refund or payout that it is about."""
    language: NotRequired[Literal["fr", "en"]]
    """Left out: your own."""
    contact: NotRequired[str]
    """An e-mail address or a telephone number, if you want to be called."""


class TicketMessage(TypedDict):
    id: str
    """Its own id: a prefix that says its kind, `_`, and 26 letters and digits."""
    object: Literal["ticket_message"]
    """What kind of object this is: always this word."""
    ticket: str
    """The ticket that it belongs to."""
    author: Literal["merchant", "payer", "staff", "system"]
    """Who wrote it: merchant is you, system no person."""
    body: str
    """What was written."""
    created_at: str
    """When it was made."""


class TimeRow(TypedDict):
    operation: Literal["collect", "refund", "disburse"]
    """collect: payments. refund: refunds. disburse: payouts."""
    provider: str | None
    """The provider that moves the money, such as `mtn_momo`. Null unless grouped by, or where
    there is none."""
    country: str | None
    """ISO 3166, two letters. Null unless grouped by, or where there is none."""
    operator: str | None
    """The mobile-money operator, such as `mtn`, `orange` or `wave`. Null unless grouped by, or
    where there is none."""
    method: str | None
    """How the payer pays. Null unless grouped by, or where there is none."""
    side: Literal["provider", "decision", "platform"]
    """provider: from sending to its first answer. decision: from sending to the end, with the
    payer's own time. platform: from your request to sending."""
    count: int
    """How many times were measured."""
    p50_ms: int
    """As many were shorter as longer, in milliseconds."""
    p95_ms: int
    """All but one in twenty were shorter, in milliseconds."""
    p99_ms: int
    """All but one in a hundred were shorter, in milliseconds."""


class TimelineEntry(TypedDict):
    at: str
    """When it happened."""
    kind: Literal["status", "attempt", "callback", "transfer", "webhook"]
    """status: it moved. attempt: an attempt of it moved. callback: the provider told us
    something. transfer: money was booked. webhook: you were told of it, or are being told."""
    title: str
    """What happened, in a few English words."""
    detail: str
    """What more there is to say, in English; empty if nothing."""
    data: dict[str, Any]
    """Its particulars; which ones depends on its kind."""


class Timeseries(TypedDict):
    livemode: bool
    """true: live, with real money. false: test, where none moves."""
    period_start: str
    """When the period begins: a whole hour."""
    period_end: str
    """When it ends: what was created then or later is not in it."""
    time_zone: str
    """Yours."""
    as_of: str | None
    """All that happened until then is in the figures; null before anything was counted."""
    object: Literal["report_timeseries"]
    """What kind of object this is: always this word."""
    interval: Literal["hour", "day", "week", "month"]
    """How long each point of time is."""
    data: list[Point]
    """In the order of time; those without anything left out."""


class Total(TypedDict):
    kind: Literal[
        "gross",
        "fee",
        "fee_tax",
        "refund_held",
        "refund_returned",
        "payout_held",
        "payout_returned",
        "payout_fee_held",
        "payout_fee_back",
        "payout_tax_held",
        "payout_tax_back",
        "refund_fee_held",
        "refund_fee_back",
        "refund_tax_held",
        "refund_tax_back",
        "collect_fee_back",
        "collect_tax_back",
        "dispute_held",
        "dispute_returned",
        "batch_held",
        "batch_released",
        "batch_returned",
        "released",
        "reserve_held",
        "reserve_released",
        "settle_held",
        "settle_released",
        "settle_returned",
        "correction_in",
        "correction_out",
    ]
    """What moved: gross is what was paid, fee and fee_tax what is kept of it. What ends in _held
    is set aside, in _returned or _back it is yours again."""
    count: int
    """How many there are."""
    amount: int
    """Negative where it was taken off."""


class Transfer(TypedDict):
    id: str
    """Its own id: a prefix that says its kind, `_`, and 26 letters and digits."""
    object: Literal["transfer"]
    """What kind of object this is: always this word."""
    livemode: bool
    """true: live, with real money. false: test, where none moves."""
    kind: Literal[
        "gross",
        "fee",
        "fee_tax",
        "refund_held",
        "refund_returned",
        "payout_held",
        "payout_returned",
        "payout_fee_held",
        "payout_fee_back",
        "payout_tax_held",
        "payout_tax_back",
        "refund_fee_held",
        "refund_fee_back",
        "refund_tax_held",
        "refund_tax_back",
        "collect_fee_back",
        "collect_tax_back",
        "dispute_held",
        "dispute_returned",
        "batch_held",
        "batch_released",
        "batch_returned",
        "released",
        "reserve_held",
        "reserve_released",
        "settle_held",
        "settle_released",
        "settle_returned",
        "correction_in",
        "correction_out",
    ]
    """What moved: gross is what was paid, fee and fee_tax what is kept of it. What ends in _held
    is set aside, in _returned or _back it is yours again."""
    direction: Literal["in", "out"]
    """Into your balance, or out of it."""
    amount: int
    """In the currency's smallest unit; never negative."""
    currency: Literal["EUR", "USD", "XAF", "XOF"]
    """The currency of its amounts, as in ISO 4217."""
    payment: str | None
    """The payment it books; null if it books something else."""
    source: str
    """What it books: a payment, a refund, a payout, a batch of payouts, a dispute, a release of
    what was pending or in reserve, a settlement or a correction of ours."""
    created_at: str
    """When it was booked."""


class UploadPieceFormInput(TypedDict):
    offset: int
    """Where in the file it begins: what `received` says, or before."""
    file: str
    """As it is. A multiple of 262144 bytes, but for the last one; 4 MB at most."""


class UploadPieceInput(TypedDict):
    offset: int
    """Where in the file it begins: what `received` says, or before."""
    content: str
    """In base64. A multiple of 262144 bytes, but for the last one; 4 MB at most."""


class WebhookDelivery(TypedDict):
    id: str
    """Its own id: a prefix that says its kind, `_`, and 26 letters and digits."""
    object: Literal["webhook_delivery"]
    """What kind of object this is: always this word."""
    livemode: bool
    """true: live, with real money. false: test, where none moves."""
    webhook_endpoint: str
    """Where it is sent."""
    event: str
    """What it tells of."""
    type: str
    """The event's type."""
    status: Literal["pending", "delivered", "failed"]
    """pending: it will be tried. delivered: your server took it. failed: given up; send it again
    when you like."""
    tries: int
    """How often it was tried; counted anew when it is sent again."""
    next_attempt_at: str | None
    """When it is tried next; null once it was delivered or given up."""
    last_status_code: int | None
    """The HTTP status that the last try was answered with; null if it was not answered."""
    last_error: str | None
    """Why the last try was not answered, or why none is made any more; null if it was answered."""
    delivered_at: str | None
    """When your server took it; null until then."""
    created_at: str
    """When it was made."""


class WebhookEndpoint(TypedDict):
    id: str
    """Its own id: a prefix that says its kind, `_`, and 26 letters and digits."""
    object: Literal["webhook_endpoint"]
    """What kind of object this is: always this word."""
    livemode: bool
    """true: live, with real money. false: test, where none moves."""
    url: str
    """Where events are posted."""
    event_types: list[
        Literal[
            "payment.created",
            "payment.pending",
            "payment.requires_action",
            "payment.authorized",
            "payment.verifying",
            "payment.succeeded",
            "payment.succeeded_late",
            "payment.failed",
            "payment.expired",
            "payment.canceled",
            "refund.created",
            "refund.needs_approval",
            "refund.approved",
            "refund.pending",
            "refund.processing",
            "refund.verifying",
            "refund.succeeded",
            "refund.succeeded_late",
            "refund.failed",
            "refund.canceled",
            "payout.created",
            "payout.needs_approval",
            "payout.approved",
            "payout.pending",
            "payout.processing",
            "payout.verifying",
            "payout.succeeded",
            "payout.succeeded_late",
            "payout.failed",
            "payout.canceled",
            "payout_batch.created",
            "payout_batch.draft",
            "payout_batch.needs_approval",
            "payout_batch.rejected",
            "payout_batch.scheduled",
            "payout_batch.running",
            "payout_batch.progressed",
            "payout_batch.paused",
            "payout_batch.resumed",
            "payout_batch.completed",
            "payout_batch.canceling",
            "payout_batch.canceled",
            "approval.requested",
            "approval.approved",
            "approval.rejected",
            "approval.expired",
            "approval.withdrawn",
            "settlement.created",
            "settlement.waiting",
            "settlement.on_hold",
            "settlement.filed",
            "settlement.sent",
            "settlement.paid",
            "settlement.failed",
            "ticket.created",
            "ticket.answered",
            "ticket.resolved",
            "dispute.opened",
            "dispute.evidence_due",
            "dispute.under_review",
            "dispute.won",
            "dispute.lost",
            "dispute.partly_lost",
            "dispute.withdrawn",
            "api_key.created",
            "api_key.updated",
            "api_key.rotation_started",
            "api_key.rotated",
            "api_key.expiring",
            "api_key.expired",
            "api_key.revoked",
            "webhook_endpoint.created",
            "webhook_endpoint.updated",
            "webhook_endpoint.secret_rotated",
            "webhook_endpoint.paused",
            "webhook_endpoint.resumed",
            "webhook_endpoint.deliveries_failed",
            "webhook_endpoint.deleted",
            "webhook_endpoint.test",
        ]
    ]
    """The events it wants; none: every event that brings news."""
    description: str
    """Your own text, as you sent it; empty if you sent none."""
    metadata: dict[str, str]
    """Texts of your own by name, 20 at most, kept and answered as they are."""
    is_enabled: bool
    """Your own switch."""
    paused_at: str | None
    """Since when we send it nothing; resume it when it is well. Null while it is not paused."""
    pause_reason: Literal["failing", "gone", "grant_ended", None]
    """failing: every try failed for days. gone: it answered 410. grant_ended: the consent it was
    made under has ended. Null while it is not paused."""
    failing_since: str | None
    """Since when every try has failed; null while it is well."""
    previous_secret_until: str | None
    """Until when the secret before signs too; null where there is none."""
    created_at: str
    """When it was made."""


class WebhookEndpointChanges(TypedDict):
    url: NotRequired[str]
    """Where they are posted: in live mode https, and public."""
    event_types: NotRequired[
        list[
            Literal[
                "payment.created",
                "payment.pending",
                "payment.requires_action",
                "payment.authorized",
                "payment.verifying",
                "payment.succeeded",
                "payment.succeeded_late",
                "payment.failed",
                "payment.expired",
                "payment.canceled",
                "refund.created",
                "refund.needs_approval",
                "refund.approved",
                "refund.pending",
                "refund.processing",
                "refund.verifying",
                "refund.succeeded",
                "refund.succeeded_late",
                "refund.failed",
                "refund.canceled",
                "payout.created",
                "payout.needs_approval",
                "payout.approved",
                "payout.pending",
                "payout.processing",
                "payout.verifying",
                "payout.succeeded",
                "payout.succeeded_late",
                "payout.failed",
                "payout.canceled",
                "payout_batch.created",
                "payout_batch.draft",
                "payout_batch.needs_approval",
                "payout_batch.rejected",
                "payout_batch.scheduled",
                "payout_batch.running",
                "payout_batch.progressed",
                "payout_batch.paused",
                "payout_batch.resumed",
                "payout_batch.completed",
                "payout_batch.canceling",
                "payout_batch.canceled",
                "approval.requested",
                "approval.approved",
                "approval.rejected",
                "approval.expired",
                "approval.withdrawn",
                "settlement.created",
                "settlement.waiting",
                "settlement.on_hold",
                "settlement.filed",
                "settlement.sent",
                "settlement.paid",
                "settlement.failed",
                "ticket.created",
                "ticket.answered",
                "ticket.resolved",
                "dispute.opened",
                "dispute.evidence_due",
                "dispute.under_review",
                "dispute.won",
                "dispute.lost",
                "dispute.partly_lost",
                "dispute.withdrawn",
                "api_key.created",
                "api_key.updated",
                "api_key.rotation_started",
                "api_key.rotated",
                "api_key.expiring",
                "api_key.expired",
                "api_key.revoked",
                "webhook_endpoint.created",
                "webhook_endpoint.updated",
                "webhook_endpoint.secret_rotated",
                "webhook_endpoint.paused",
                "webhook_endpoint.resumed",
                "webhook_endpoint.deliveries_failed",
                "webhook_endpoint.deleted",
                "webhook_endpoint.test",
                "payment.*",
                "refund.*",
                "payout.*",
                "payout_batch.*",
                "approval.*",
                "settlement.*",
                "ticket.*",
                "dispute.*",
                "api_key.*",
                "webhook_endpoint.*",
            ]
        ]
    ]
    """The events it wants; none: every event that brings news. payment.* stands for the types of
    that kind that there are today, and is answered as those."""
    description: NotRequired[str]
    """For yourself alone."""
    metadata: NotRequired[dict[str, str]]
    """Takes the place of what was there."""
    is_enabled: NotRequired[bool]
    """false: it is sent nothing new."""


class WebhookEndpointDeleted(TypedDict):
    id: str
    """Its own id: a prefix that says its kind, `_`, and 26 letters and digits."""
    object: Literal["webhook_endpoint"]
    """What kind of object this is: always this word."""
    livemode: bool
    """true: live, with real money. false: test, where none moves."""
    is_deleted: bool
    """Always true: it is gone."""


class WebhookEndpointInput(TypedDict):
    url: str
    """Where they are posted: in live mode https, and public."""
    event_types: NotRequired[
        list[
            Literal[
                "payment.created",
                "payment.pending",
                "payment.requires_action",
                "payment.authorized",
                "payment.verifying",
                "payment.succeeded",
                "payment.succeeded_late",
                "payment.failed",
                "payment.expired",
                "payment.canceled",
                "refund.created",
                "refund.needs_approval",
                "refund.approved",
                "refund.pending",
                "refund.processing",
                "refund.verifying",
                "refund.succeeded",
                "refund.succeeded_late",
                "refund.failed",
                "refund.canceled",
                "payout.created",
                "payout.needs_approval",
                "payout.approved",
                "payout.pending",
                "payout.processing",
                "payout.verifying",
                "payout.succeeded",
                "payout.succeeded_late",
                "payout.failed",
                "payout.canceled",
                "payout_batch.created",
                "payout_batch.draft",
                "payout_batch.needs_approval",
                "payout_batch.rejected",
                "payout_batch.scheduled",
                "payout_batch.running",
                "payout_batch.progressed",
                "payout_batch.paused",
                "payout_batch.resumed",
                "payout_batch.completed",
                "payout_batch.canceling",
                "payout_batch.canceled",
                "approval.requested",
                "approval.approved",
                "approval.rejected",
                "approval.expired",
                "approval.withdrawn",
                "settlement.created",
                "settlement.waiting",
                "settlement.on_hold",
                "settlement.filed",
                "settlement.sent",
                "settlement.paid",
                "settlement.failed",
                "ticket.created",
                "ticket.answered",
                "ticket.resolved",
                "dispute.opened",
                "dispute.evidence_due",
                "dispute.under_review",
                "dispute.won",
                "dispute.lost",
                "dispute.partly_lost",
                "dispute.withdrawn",
                "api_key.created",
                "api_key.updated",
                "api_key.rotation_started",
                "api_key.rotated",
                "api_key.expiring",
                "api_key.expired",
                "api_key.revoked",
                "webhook_endpoint.created",
                "webhook_endpoint.updated",
                "webhook_endpoint.secret_rotated",
                "webhook_endpoint.paused",
                "webhook_endpoint.resumed",
                "webhook_endpoint.deliveries_failed",
                "webhook_endpoint.deleted",
                "webhook_endpoint.test",
                "payment.*",
                "refund.*",
                "payout.*",
                "payout_batch.*",
                "approval.*",
                "settlement.*",
                "ticket.*",
                "dispute.*",
                "api_key.*",
                "webhook_endpoint.*",
            ]
        ]
    ]
    """The events it wants; none: every event that brings news. payment.* stands for the types of
    that kind that there are today, and is answered as those."""
    description: NotRequired[str]
    """For yourself alone."""
    metadata: NotRequired[dict[str, str]]
    """Takes the place of what was there."""
    is_enabled: NotRequired[bool]
    """false: it is sent nothing new."""


class WebhookEndpointWithSecret(TypedDict):
    id: str
    """Its own id: a prefix that says its kind, `_`, and 26 letters and digits."""
    object: Literal["webhook_endpoint"]
    """What kind of object this is: always this word."""
    livemode: bool
    """true: live, with real money. false: test, where none moves."""
    url: str
    """Where events are posted."""
    event_types: list[
        Literal[
            "payment.created",
            "payment.pending",
            "payment.requires_action",
            "payment.authorized",
            "payment.verifying",
            "payment.succeeded",
            "payment.succeeded_late",
            "payment.failed",
            "payment.expired",
            "payment.canceled",
            "refund.created",
            "refund.needs_approval",
            "refund.approved",
            "refund.pending",
            "refund.processing",
            "refund.verifying",
            "refund.succeeded",
            "refund.succeeded_late",
            "refund.failed",
            "refund.canceled",
            "payout.created",
            "payout.needs_approval",
            "payout.approved",
            "payout.pending",
            "payout.processing",
            "payout.verifying",
            "payout.succeeded",
            "payout.succeeded_late",
            "payout.failed",
            "payout.canceled",
            "payout_batch.created",
            "payout_batch.draft",
            "payout_batch.needs_approval",
            "payout_batch.rejected",
            "payout_batch.scheduled",
            "payout_batch.running",
            "payout_batch.progressed",
            "payout_batch.paused",
            "payout_batch.resumed",
            "payout_batch.completed",
            "payout_batch.canceling",
            "payout_batch.canceled",
            "approval.requested",
            "approval.approved",
            "approval.rejected",
            "approval.expired",
            "approval.withdrawn",
            "settlement.created",
            "settlement.waiting",
            "settlement.on_hold",
            "settlement.filed",
            "settlement.sent",
            "settlement.paid",
            "settlement.failed",
            "ticket.created",
            "ticket.answered",
            "ticket.resolved",
            "dispute.opened",
            "dispute.evidence_due",
            "dispute.under_review",
            "dispute.won",
            "dispute.lost",
            "dispute.partly_lost",
            "dispute.withdrawn",
            "api_key.created",
            "api_key.updated",
            "api_key.rotation_started",
            "api_key.rotated",
            "api_key.expiring",
            "api_key.expired",
            "api_key.revoked",
            "webhook_endpoint.created",
            "webhook_endpoint.updated",
            "webhook_endpoint.secret_rotated",
            "webhook_endpoint.paused",
            "webhook_endpoint.resumed",
            "webhook_endpoint.deliveries_failed",
            "webhook_endpoint.deleted",
            "webhook_endpoint.test",
        ]
    ]
    """The events it wants; none: every event that brings news."""
    description: str
    """Your own text, as you sent it; empty if you sent none."""
    metadata: dict[str, str]
    """Texts of your own by name, 20 at most, kept and answered as they are."""
    is_enabled: bool
    """Your own switch."""
    paused_at: str | None
    """Since when we send it nothing; resume it when it is well. Null while it is not paused."""
    pause_reason: Literal["failing", "gone", "grant_ended", None]
    """failing: every try failed for days. gone: it answered 410. grant_ended: the consent it was
    made under has ended. Null while it is not paused."""
    failing_since: str | None
    """Since when every try has failed; null while it is well."""
    previous_secret_until: str | None
    """Until when the secret before signs too; null where there is none."""
    created_at: str
    """When it was made."""
    secret: str
    """The signing secret, whsec_…, shown this once."""


class WebhookReplay(TypedDict):
    object: Literal["webhook_replay"]
    """What kind of object this is: always this word."""
    livemode: bool
    """true: live, with real money. false: test, where none moves."""
    count: int
    """How many deliveries will be tried."""


class WebhookReplayInput(TypedDict):
    event_ids: NotRequired[list[str]]
    """These events, and nothing else."""
    after_event: NotRequired[str]
    """Every event after this one."""
    created_after: NotRequired[str]
    """Events created at this instant or later."""
    created_before: NotRequired[str]
    """Events created before this instant."""
    types: NotRequired[
        list[
            Literal[
                "payment.created",
                "payment.pending",
                "payment.requires_action",
                "payment.authorized",
                "payment.verifying",
                "payment.succeeded",
                "payment.succeeded_late",
                "payment.failed",
                "payment.expired",
                "payment.canceled",
                "refund.created",
                "refund.needs_approval",
                "refund.approved",
                "refund.pending",
                "refund.processing",
                "refund.verifying",
                "refund.succeeded",
                "refund.succeeded_late",
                "refund.failed",
                "refund.canceled",
                "payout.created",
                "payout.needs_approval",
                "payout.approved",
                "payout.pending",
                "payout.processing",
                "payout.verifying",
                "payout.succeeded",
                "payout.succeeded_late",
                "payout.failed",
                "payout.canceled",
                "payout_batch.created",
                "payout_batch.draft",
                "payout_batch.needs_approval",
                "payout_batch.rejected",
                "payout_batch.scheduled",
                "payout_batch.running",
                "payout_batch.progressed",
                "payout_batch.paused",
                "payout_batch.resumed",
                "payout_batch.completed",
                "payout_batch.canceling",
                "payout_batch.canceled",
                "approval.requested",
                "approval.approved",
                "approval.rejected",
                "approval.expired",
                "approval.withdrawn",
                "settlement.created",
                "settlement.waiting",
                "settlement.on_hold",
                "settlement.filed",
                "settlement.sent",
                "settlement.paid",
                "settlement.failed",
                "ticket.created",
                "ticket.answered",
                "ticket.resolved",
                "dispute.opened",
                "dispute.evidence_due",
                "dispute.under_review",
                "dispute.won",
                "dispute.lost",
                "dispute.partly_lost",
                "dispute.withdrawn",
                "api_key.created",
                "api_key.updated",
                "api_key.rotation_started",
                "api_key.rotated",
                "api_key.expiring",
                "api_key.expired",
                "api_key.revoked",
                "webhook_endpoint.created",
                "webhook_endpoint.updated",
                "webhook_endpoint.secret_rotated",
                "webhook_endpoint.paused",
                "webhook_endpoint.resumed",
                "webhook_endpoint.deliveries_failed",
                "webhook_endpoint.deleted",
                "webhook_endpoint.test",
                "payment.*",
                "refund.*",
                "payout.*",
                "payout_batch.*",
                "approval.*",
                "settlement.*",
                "ticket.*",
                "dispute.*",
                "api_key.*",
                "webhook_endpoint.*",
            ]
        ]
    ]
    """Only these types; none: what the endpoint wants."""
