"""What is sent and answered.

Made by `make sdk` from docs/openapi.json: change that, not this.
"""

from __future__ import annotations

from typing import Any, Literal, NotRequired, TypedDict


class ApiKey(TypedDict):
    id: str
    object: Literal["api_key"]
    livemode: bool
    kind: Literal["secret", "restricted"]
    status: Literal["active", "waiting", "expired", "revoked"]
    label: str
    prefix: str | None
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
    allowed_addresses: list[str]
    expires_at: str | None
    rotate_every_days: int | None
    rotation_starts_at: str | None
    rotation_ends_at: str | None
    rotated_from: str | None
    successor: str | None
    last_used_at: str | None
    revoked_at: str | None
    created_at: str


class ApiKeyChangeInput(TypedDict):
    label: NotRequired[str]
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
    allowed_addresses: NotRequired[list[str]]
    expires_at: NotRequired[str | None]
    rotate_every_days: NotRequired[int | None]


class ApiKeyInput(TypedDict):
    label: NotRequired[str]
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
    allowed_addresses: NotRequired[list[str]]
    expires_at: NotRequired[str | None]
    rotate_every_days: NotRequired[int | None]
    kind: Literal["secret", "restricted"]


class ApiKeyWithSecret(TypedDict):
    id: str
    object: Literal["api_key"]
    livemode: bool
    kind: Literal["secret", "restricted"]
    status: Literal["active", "waiting", "expired", "revoked"]
    label: str
    prefix: str | None
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
    allowed_addresses: list[str]
    expires_at: str | None
    rotate_every_days: int | None
    rotation_starts_at: str | None
    rotation_ends_at: str | None
    rotated_from: str | None
    successor: str | None
    last_used_at: str | None
    revoked_at: str | None
    created_at: str
    secret: str


class Application(TypedDict):
    id: str
    object: Literal["oauth_application"]
    livemode: bool
    name: str
    client_id: str
    is_confidential: bool
    redirect_uris: list[str]
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
    certificate_bound_tokens: bool
    allowed_addresses: list[str]
    is_active: bool
    created_at: str


class ApplicationChangesInput(TypedDict):
    name: NotRequired[str]
    redirect_uris: NotRequired[list[str]]
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
    certificate_bound_tokens: NotRequired[bool]
    allowed_addresses: NotRequired[list[str]]
    is_active: NotRequired[bool]


class ApplicationDeleted(TypedDict):
    id: str
    object: Literal["oauth_application"]
    livemode: bool
    is_deleted: bool


class ApplicationInput(TypedDict):
    name: str
    redirect_uris: NotRequired[list[str]]
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
    is_confidential: NotRequired[bool]
    certificate_bound_tokens: NotRequired[bool]
    allowed_addresses: NotRequired[list[str]]


class ApplicationWithSecret(TypedDict):
    id: str
    object: Literal["oauth_application"]
    livemode: bool
    name: str
    client_id: str
    is_confidential: bool
    redirect_uris: list[str]
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
    certificate_bound_tokens: bool
    allowed_addresses: list[str]
    is_active: bool
    created_at: str
    client_secret: str | None


class Approval(TypedDict):
    id: str
    object: Literal["approval"]
    livemode: bool
    status: Literal["pending", "approved", "rejected", "expired", "withdrawn"]
    action: str
    target: str
    amount: int
    currency: Literal["EUR", "USD", "XAF", "XOF"]
    digest: str
    reason: str | None
    created_at: str
    expires_at: str
    completed_at: str | None


class ApprovalInput(TypedDict):
    digest: str


class AttachmentContent(TypedDict):
    id: str
    object: Literal["ticket_attachment"]
    ticket: str
    name: str
    media_type: Literal[
        "image/png", "image/jpeg", "image/gif", "image/webp", "application/pdf", "text/plain"
    ]
    size: int
    created_at: str
    content: str


class AttachmentInput(TypedDict):
    name: str
    content: str


class Attempt(TypedDict):
    id: str
    object: Literal["attempt"]
    livemode: bool
    payment: str
    operation: Literal["collect", "refund", "disburse"]
    kind: Literal["collect", "refund", "disburse"]
    provider: str
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
    reference: str
    provider_reference: str | None
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
    created_at: str
    submitted_at: str | None
    completed_at: str | None


class Availability(TypedDict):
    object: Literal["availability"]
    livemode: bool
    country: str
    operator: str
    provider: str
    name: str
    operation: Literal["collect"]
    status: Literal["open", "delayed", "closed"]
    reason: Literal["closed_by_us", "slow_answers", None]
    since: str | None
    currency: Literal["EUR", "USD", "XAF", "XOF"]
    decimals: int
    amount_min: int
    amount_max: int
    authorization: Literal["approve_on_phone", "redirect"]
    prompt: Prompt


class Balance(TypedDict):
    object: Literal["balance"]
    livemode: bool
    available: list[Money]
    held: list[Money]
    pending: list[Pending]
    reserved: list[Pending]


class BatchFileInput(TypedDict):
    name: str
    content: str


class BatchReport(TypedDict):
    object: Literal["payout_batch_report"]
    batch: str
    failure: Failure | None
    warnings: list[dict[str, Any]]
    rails: list[RailTotal]
    names: NameTotals


class Certificate(TypedDict):
    id: str
    object: Literal["client_certificate"]
    livemode: bool
    label: str
    thumbprint: str
    subject: str
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
    allowed_addresses: list[str]
    not_before: str
    not_after: str
    created_at: str
    revoked_at: str | None


class CertificateInput(TypedDict):
    certificate: str
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
    allowed_addresses: NotRequired[list[str]]
    label: NotRequired[str]


class ConfirmationInput(TypedDict):
    digest: str
    reason: str


class Credential(TypedDict):
    id: str
    kind: Literal["secret_key", "restricted_key", "access_token", "client_certificate"]
    scopes: list[str]
    expires_at: str | None


class DayReport(TypedDict):
    id: str
    object: Literal["day_report"]
    livemode: bool
    day: str
    version: int
    timezone: str
    begins_at: str
    ends_at: str
    currency: Literal["EUR", "USD", "XAF", "XOF"]
    opening_balance: int
    collected: int
    refunded: int
    paid_out: int
    fees: int
    disputed: int
    settled: int
    corrected: int
    net: int
    closing_balance: int
    line_count: int
    totals: list[DayTotal]
    created_at: str


class DayReportFile(TypedDict):
    object: Literal["day_report_file"]
    day_report: str
    format: Literal["xml", "camt.053.001.08", "csv", "xlsx", "pdf"]
    name: str
    content_type: str
    content: str


class DayTotal(TypedDict):
    rail: str | None
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
    count: int
    amount: int


class DecisionInput(TypedDict):
    digest: str


class DecisionWithReasonInput(TypedDict):
    digest: str
    reason: str


class Dispute(TypedDict):
    id: str
    object: Literal["dispute"]
    livemode: bool
    payment: str
    status: Literal["needs_response", "under_review", "won", "lost", "partly_lost", "withdrawn"]
    amount: int
    amount_lost: int
    currency: Literal["EUR", "USD", "XAF", "XOF"]
    network: Literal["mobile_money", "card"]
    reason: Literal["wrong_payee", "wrong_amount", "service_not_rendered", "duplicate", "fraud"]
    reason_code: str | None
    stage: Literal["complaint", "inquiry", "chargeback", "pre_arbitration", "arbitration"]
    opened_by: Literal["merchant", "payer", "provider", "staff"]
    provider_reference: str | None
    evidence_due_at: str
    responded_at: str | None
    opened_at: str
    closed_at: str | None


class DisputeFigures(TypedDict):
    opened: int
    open: int
    won: int
    lost: int
    partly_lost: int
    withdrawn: int
    amount_disputed: int
    amount_lost: int
    payments: int
    share_basis_points: int | None
    answered: int
    answer_p50_s: int | None
    answer_p95_s: int | None


class DisputeInput(TypedDict):
    payment: str
    reason: Literal["wrong_payee", "wrong_amount", "service_not_rendered", "duplicate", "fraud"]
    amount: NotRequired[int]
    complaint: NotRequired[str]


class DisputeRow(TypedDict):
    operation: Literal["collect", "refund", "disburse"]
    provider: str | None
    country: str | None
    operator: str | None
    method: str | None
    reason: Literal[
        "wrong_payee", "wrong_amount", "service_not_rendered", "duplicate", "fraud", None
    ]
    currency: Literal["EUR", "USD", "XAF", "XOF"]
    figures: DisputeFigures
    previous: DisputeFigures


class DisputeWithEvidence(TypedDict):
    id: str
    object: Literal["dispute"]
    livemode: bool
    payment: str
    status: Literal["needs_response", "under_review", "won", "lost", "partly_lost", "withdrawn"]
    amount: int
    amount_lost: int
    currency: Literal["EUR", "USD", "XAF", "XOF"]
    network: Literal["mobile_money", "card"]
    reason: Literal["wrong_payee", "wrong_amount", "service_not_rendered", "duplicate", "fraud"]
    reason_code: str | None
    stage: Literal["complaint", "inquiry", "chargeback", "pre_arbitration", "arbitration"]
    opened_by: Literal["merchant", "payer", "provider", "staff"]
    provider_reference: str | None
    evidence_due_at: str
    responded_at: str | None
    opened_at: str
    closed_at: str | None
    complaint: str | None
    evidence: Evidence


class Disputes(TypedDict):
    livemode: bool
    period_start: str
    period_end: str
    time_zone: str
    as_of: str | None
    object: Literal["report_disputes"]
    previous_start: str
    data: list[DisputeRow]


class Event(TypedDict):
    id: str
    object: Literal["event"]
    type: str
    api_version: str
    created_at: str
    livemode: bool
    sequence: int
    data: dict[str, Any]


class EventReplayInput(TypedDict):
    webhook_endpoint: NotRequired[str]


class Evidence(TypedDict):
    receipt: str | None
    delivery_proof: str | None
    customer_communication: str | None
    explanation: str | None
    files: list[EvidenceFile]


class EvidenceFile(TypedDict):
    id: str
    name: str
    content_type: Literal["image/jpeg", "image/png", "application/pdf"]
    size: int
    sha256: str


class EvidenceFileInput(TypedDict):
    name: str
    content: str


class EvidenceInput(TypedDict):
    receipt: NotRequired[str]
    delivery_proof: NotRequired[str]
    customer_communication: NotRequired[str]
    explanation: NotRequired[str]
    files: NotRequired[list[EvidenceFileInput]]


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
    values: dict[str, Any]
    message: dict[str, Any]


class FailureRow(TypedDict):
    operation: Literal["collect", "refund", "disburse"]
    provider: str | None
    country: str | None
    operator: str | None
    method: str | None
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
    count: int


class Failures(TypedDict):
    livemode: bool
    period_start: str
    period_end: str
    time_zone: str
    as_of: str | None
    object: Literal["report_failures"]
    data: list[FailureRow]


class Fee(TypedDict):
    id: str
    object: Literal["fee"]
    operation: Literal["collect", "disburse", "refund"]
    provider: str | None
    operator: str | None
    method: str | None
    country: str | None
    currency: Literal["EUR", "USD", "XAF", "XOF", None]
    amount_from: int
    percent: str
    fixed: int
    fee_min: int
    fee_max: int | None
    tax_percent: str
    rounding: Literal["half_up", "up", "down"]
    fee_return: Literal["none", "proportional", "full"]
    amounts_in: Literal["EUR", "USD", "XAF", "XOF"]


class Figures(TypedDict):
    created: int
    submitted: int
    prompted: int
    succeeded: int
    failed: int
    expired: int
    canceled: int
    verifying: int
    waiting: int
    success_basis_points: int | None
    amount_requested: int
    amount_succeeded: int
    fees: int


class LineInput(TypedDict):
    phone: NotRequired[str]
    amount: NotRequired[int]
    name: NotRequired[str]
    reference: NotRequired[str]
    description: NotRequired[str]
    country: NotRequired[str]
    operator: NotRequired[Literal["mtn", "orange", "moov", "airtel", "wave"]]


class LineSum(TypedDict):
    count: int
    amount: int
    fee: int
    fee_tax: int


class LineSums(TypedDict):
    invalid: LineSum
    ready: LineSum
    dropped: LineSum
    sent: LineSum
    succeeded: LineSum
    failed: LineSum
    canceled: LineSum


class Me(TypedDict):
    object: Literal["me"]
    livemode: bool
    mode: Literal["test", "live"]
    merchant: Merchant
    credential: Credential


class Merchant(TypedDict):
    id: str
    object: Literal["merchant"]
    name: str
    country: str
    currency: str
    timezone: str
    language: str


class MessageInput(TypedDict):
    body: str


class MethodPrediction(TypedDict):
    object: Literal["payment_method"]
    livemode: bool
    phone: str
    national: str
    international: str
    country: str
    operator: str | None
    is_test_number: bool
    rails: list[MethodRail]
    reason: MethodReason | None


class MethodRail(TypedDict):
    provider: str
    operator: str
    currency: Literal["EUR", "USD", "XAF", "XOF"]
    amount_min: int
    amount_max: int
    authorization: Literal["approve_on_phone", "redirect"]
    status: Literal["open", "delayed"]


class MethodReason(TypedDict):
    code: Literal["no_rail", "amount_out_of_range", "rail_closed"]
    detail: str


class Money(TypedDict):
    amount: int
    currency: Literal["EUR", "USD", "XAF", "XOF"]


class NameTotals(TypedDict):
    waiting: int
    match: int
    close: int
    different: int
    confirmed: int
    no_account: int
    not_checked: int


class NextAction(TypedDict):
    kind: Literal["approve_on_phone", "redirect"]
    url: str


NoInput = dict[str, Any]


class Payee(TypedDict):
    phone: str


class PayeeInput(TypedDict):
    phone: str
    country: NotRequired[str]
    operator: NotRequired[Literal["mtn", "orange", "moov", "airtel", "wave"]]


class Payer(TypedDict):
    phone: str


class PayerInput(TypedDict):
    phone: NotRequired[str]
    country: NotRequired[str]
    operator: NotRequired[Literal["mtn", "orange", "moov", "airtel", "wave"]]


class Payment(TypedDict):
    id: str
    object: Literal["payment"]
    livemode: bool
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
    amount: int
    amount_received: int | None
    amount_refunded: int
    amount_disputed: int
    currency: Literal["EUR", "USD", "XAF", "XOF"]
    fee: int
    fee_tax: int
    fee_line: str | None
    country: str
    method: Literal["mobile_money"]
    operator: str
    provider: str
    payer: Payer
    reference: str
    description: str
    metadata: dict[str, str]
    next_action: NextAction | None
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
    return_url: str | None
    cancel_url: str | None
    expires_at: str
    created_at: str
    completed_at: str | None


class PaymentInput(TypedDict):
    amount: int
    currency: Literal["EUR", "USD", "XAF", "XOF"]
    payer: NotRequired[PayerInput]
    checkout: NotRequired[bool]
    reference: NotRequired[str]
    description: NotRequired[str]
    metadata: NotRequired[dict[str, str]]
    return_url: NotRequired[str]
    cancel_url: NotRequired[str]


class PaymentMethodInput(TypedDict):
    phone: str
    country: NotRequired[str]
    operator: NotRequired[Literal["mtn", "orange", "moov", "airtel", "wave"]]
    amount: NotRequired[int]
    currency: NotRequired[Literal["EUR", "USD", "XAF", "XOF"]]


class PaymentWithAttempts(TypedDict):
    id: str
    object: Literal["payment"]
    livemode: bool
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
    amount: int
    amount_received: int | None
    amount_refunded: int
    amount_disputed: int
    currency: Literal["EUR", "USD", "XAF", "XOF"]
    fee: int
    fee_tax: int
    fee_line: str | None
    country: str
    method: Literal["mobile_money"]
    operator: str
    provider: str
    payer: Payer
    reference: str
    description: str
    metadata: dict[str, str]
    next_action: NextAction | None
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
    return_url: str | None
    cancel_url: str | None
    expires_at: str
    created_at: str
    completed_at: str | None
    attempts: NotRequired[list[Attempt]]


class Payout(TypedDict):
    id: str
    object: Literal["payout"]
    livemode: bool
    status: Literal[
        "needs_approval", "pending", "processing", "verifying", "succeeded", "failed", "canceled"
    ]
    amount: int
    currency: Literal["EUR", "USD", "XAF", "XOF"]
    fee: int
    fee_tax: int
    fee_line: str | None
    country: str
    operator: str
    provider: str
    payee: Payee
    reference: str
    description: str
    metadata: dict[str, str]
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
    approval: str | None
    created_at: str
    completed_at: str | None


class PayoutBatch(TypedDict):
    id: str
    object: Literal["payout_batch"]
    livemode: bool
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
    currency: Literal["EUR", "USD", "XAF", "XOF"]
    lines: LineSums
    progress: Progress
    reference: str
    description: str
    source: Literal["api", "file", "pain001"]
    file_name: str | None
    failure_code: str | None
    digest: str | None
    rejection_reason: str | None
    retry_of: str | None
    scheduled_at: str | None
    created_at: str
    submitted_at: str | None
    approved_at: str | None
    started_at: str | None
    completed_at: str | None


class PayoutBatchFormInput(TypedDict):
    currency: NotRequired[Literal["EUR", "USD", "XAF", "XOF"]]
    reference: NotRequired[str]
    description: NotRequired[str]
    file: str


class PayoutBatchInput(TypedDict):
    currency: NotRequired[Literal["EUR", "USD", "XAF", "XOF"]]
    reference: NotRequired[str]
    description: NotRequired[str]
    lines: NotRequired[list[dict[str, Any]]]
    file: NotRequired[BatchFileInput]


class PayoutBatchLine(TypedDict):
    id: str
    object: Literal["payout_batch_line"]
    number: int
    status: Literal["invalid", "ready", "dropped", "sent", "succeeded", "failed", "canceled"]
    amount: int | None
    fee: int
    fee_tax: int
    country: str | None
    operator: str | None
    payee: Payee
    reference: str
    description: str
    problems: list[dict[str, Any]]
    warnings: list[dict[str, Any]]
    name_check: dict[str, Any] | None
    payout: str | None
    failure_code: str | None


class PayoutBatchResults(TypedDict):
    object: Literal["payout_batch_results"]
    batch: str
    format: Literal["csv", "xlsx", "pain.002.001.03", "pain.002.001.10", "pdf"]
    name: str
    content_type: str
    content: str


class PayoutInput(TypedDict):
    amount: int
    currency: Literal["EUR", "USD", "XAF", "XOF"]
    payee: PayeeInput
    reference: NotRequired[str]
    description: NotRequired[str]
    metadata: NotRequired[dict[str, str]]


class Pending(TypedDict):
    amount: int
    currency: Literal["EUR", "USD", "XAF", "XOF"]
    dates: list[PendingDate]


class PendingDate(TypedDict):
    available_at: str
    amount: int


class Point(TypedDict):
    operation: Literal["collect", "refund", "disburse"]
    provider: str | None
    country: str | None
    operator: str | None
    method: str | None
    currency: Literal["EUR", "USD", "XAF", "XOF"]
    begin: str
    figures: Figures


class Problem(TypedDict):
    type: str
    title: str
    status: int
    code: str
    detail: str
    errors: NotRequired[list[dict[str, Any]]]


class Progress(TypedDict):
    total: int
    ended: int
    amount_total: int
    amount_ended: int
    fee_total: int
    fee_tax_total: int
    rate_per_minute: int | None
    ends_at: str | None
    seconds_left_min: int | None


class Prompt(TypedDict):
    fr: str
    en: str


class RailPayeeInput(TypedDict):
    phone: str
    country: NotRequired[str]


class RailPayerInput(TypedDict):
    phone: str
    country: NotRequired[str]


class RailPaymentInput(TypedDict):
    amount: int
    currency: Literal["EUR", "USD", "XAF", "XOF"]
    payer: RailPayerInput
    reference: NotRequired[str]
    description: NotRequired[str]
    metadata: NotRequired[dict[str, str]]
    return_url: NotRequired[str]
    cancel_url: NotRequired[str]


class RailPayoutInput(TypedDict):
    amount: int
    currency: Literal["EUR", "USD", "XAF", "XOF"]
    payee: RailPayeeInput
    reference: NotRequired[str]
    description: NotRequired[str]
    metadata: NotRequired[dict[str, str]]


class RailRefundInput(TypedDict):
    payment: str
    amount: NotRequired[int]
    currency: NotRequired[Literal["EUR", "USD", "XAF", "XOF"]]
    reason: NotRequired[str]
    metadata: NotRequired[dict[str, str]]


class RailStatus(TypedDict):
    object: Literal["rail_status"]
    livemode: bool
    provider: str
    name: str
    country: str
    operation: Literal["collect", "refund", "disburse"]
    status: Literal["operational", "degraded", "down", "closed", "unknown"]
    since: str | None
    uptime_percent: str | None


class RailTotal(TypedDict):
    country: str
    operator: str
    count: int
    amount: int
    fee: int
    fee_tax: int
    funds: Literal["enough", "short", "unknown"]


class RatingInput(TypedDict):
    score: int
    comment: NotRequired[str]


class Refund(TypedDict):
    id: str
    object: Literal["refund"]
    livemode: bool
    payment: str
    status: Literal[
        "needs_approval", "pending", "processing", "verifying", "succeeded", "failed", "canceled"
    ]
    amount: int
    currency: Literal["EUR", "USD", "XAF", "XOF"]
    fee: int
    fee_tax: int
    fee_line: str | None
    fee_returned: int
    fee_tax_returned: int
    way: Literal["refund", "disburse"]
    provider: str
    reason: str
    metadata: dict[str, str]
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
    approval: str | None
    created_at: str
    completed_at: str | None


class RefundInput(TypedDict):
    payment: str
    amount: NotRequired[int]
    currency: NotRequired[Literal["EUR", "USD", "XAF", "XOF"]]
    reason: NotRequired[str]
    metadata: NotRequired[dict[str, str]]


class RejectionInput(TypedDict):
    reason: str


class ResponseTimes(TypedDict):
    livemode: bool
    period_start: str
    period_end: str
    time_zone: str
    as_of: str | None
    object: Literal["report_response_times"]
    data: list[TimeRow]


class RotationInput(TypedDict):
    overlap_hours: NotRequired[int]


class SecretRotationInput(TypedDict):
    overlap_hours: NotRequired[int]


class Settlement(TypedDict):
    id: str
    object: Literal["settlement"]
    livemode: bool
    status: Literal["carried_over", "waiting", "on_hold", "filed", "sent", "paid", "failed"]
    number: str
    currency: Literal["EUR", "USD", "XAF", "XOF"]
    period_start: str | None
    period_end: str
    opening_balance: int
    closing_balance: int
    amount: int
    carried_over: int
    line_count: int
    totals: list[Total]
    paid_by: Literal["payout", "bank_file"]
    payee: str
    payout: str | None
    reason_code: str | None
    created_at: str
    completed_at: str | None


class SettlementFile(TypedDict):
    object: Literal["settlement_file"]
    settlement: str
    format: Literal["csv", "xlsx", "pdf", "camt.053.001.08"]
    name: str
    content_type: str
    content: str


class SettlementLine(TypedDict):
    id: str
    object: Literal["settlement_line"]
    number: int
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
    amount: int
    source: str
    created_at: str


class SubmissionInput(TypedDict):
    scheduled_at: NotRequired[str]


class Summary(TypedDict):
    livemode: bool
    period_start: str
    period_end: str
    time_zone: str
    as_of: str | None
    object: Literal["report_summary"]
    previous_start: str
    data: list[SummaryRow]


class SummaryRow(TypedDict):
    operation: Literal["collect", "refund", "disburse"]
    provider: str | None
    country: str | None
    operator: str | None
    method: str | None
    currency: Literal["EUR", "USD", "XAF", "XOF"]
    figures: Figures
    previous: Figures


class SupportTicket(TypedDict):
    id: str
    object: Literal["ticket"]
    livemode: bool
    number: str
    subject: str
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
    priority: Literal["low", "normal", "high", "critical"]
    status: Literal[
        "new",
        "open",
        "waiting_for_merchant",
        "waiting_for_payer",
        "waiting_for_provider",
        "resolved",
        "closed",
    ]
    about: str | None
    language: Literal["fr", "en"]
    rating: int | None
    merged_into: str | None
    created_at: str
    updated_at: str
    first_answered_at: str | None
    resolved_at: str | None


class Ticket(TypedDict):
    object: Literal["realtime_ticket"]
    ticket: str
    url: str
    expires_at: str


class TicketAttachment(TypedDict):
    id: str
    object: Literal["ticket_attachment"]
    ticket: str
    name: str
    media_type: Literal[
        "image/png", "image/jpeg", "image/gif", "image/webp", "application/pdf", "text/plain"
    ]
    size: int
    created_at: str


class TicketInput(TypedDict):
    subject: str
    body: str
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
    priority: NotRequired[Literal["low", "normal", "high"]]
    about: NotRequired[str]
    language: NotRequired[Literal["fr", "en"]]
    contact: NotRequired[str]


class TicketMessage(TypedDict):
    id: str
    object: Literal["ticket_message"]
    ticket: str
    author: Literal["merchant", "payer", "staff", "system"]
    body: str
    created_at: str


class TimeRow(TypedDict):
    operation: Literal["collect", "refund", "disburse"]
    provider: str | None
    country: str | None
    operator: str | None
    method: str | None
    side: Literal["provider", "decision", "platform"]
    count: int
    p50_ms: int
    p95_ms: int
    p99_ms: int


class TimelineEntry(TypedDict):
    at: str
    kind: Literal["status", "attempt", "callback", "transfer", "webhook"]
    title: str
    detail: str
    data: dict[str, Any]


class Timeseries(TypedDict):
    livemode: bool
    period_start: str
    period_end: str
    time_zone: str
    as_of: str | None
    object: Literal["report_timeseries"]
    interval: Literal["hour", "day", "week", "month"]
    data: list[Point]


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
    count: int
    amount: int


class Transfer(TypedDict):
    id: str
    object: Literal["transfer"]
    livemode: bool
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
    direction: Literal["in", "out"]
    amount: int
    currency: Literal["EUR", "USD", "XAF", "XOF"]
    payment: str | None
    source: str
    created_at: str


class WebhookDelivery(TypedDict):
    id: str
    object: Literal["webhook_delivery"]
    livemode: bool
    webhook_endpoint: str
    event: str
    type: str
    status: Literal["pending", "delivered", "failed"]
    tries: int
    next_attempt_at: str | None
    last_status_code: int | None
    last_error: str | None
    delivered_at: str | None
    created_at: str


class WebhookEndpoint(TypedDict):
    id: str
    object: Literal["webhook_endpoint"]
    livemode: bool
    url: str
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
    description: str
    metadata: dict[str, str]
    is_enabled: bool
    paused_at: str | None
    pause_reason: Literal["failing", "gone", "grant_ended", None]
    failing_since: str | None
    previous_secret_until: str | None
    created_at: str


class WebhookEndpointChanges(TypedDict):
    url: NotRequired[str]
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
    description: NotRequired[str]
    metadata: NotRequired[dict[str, str]]
    is_enabled: NotRequired[bool]


class WebhookEndpointDeleted(TypedDict):
    id: str
    object: Literal["webhook_endpoint"]
    livemode: bool
    is_deleted: bool


class WebhookEndpointInput(TypedDict):
    url: str
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
    description: NotRequired[str]
    metadata: NotRequired[dict[str, str]]
    is_enabled: NotRequired[bool]


class WebhookEndpointWithSecret(TypedDict):
    id: str
    object: Literal["webhook_endpoint"]
    livemode: bool
    url: str
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
    description: str
    metadata: dict[str, str]
    is_enabled: bool
    paused_at: str | None
    pause_reason: Literal["failing", "gone", "grant_ended", None]
    failing_since: str | None
    previous_secret_until: str | None
    created_at: str
    secret: str


class WebhookReplay(TypedDict):
    object: Literal["webhook_replay"]
    livemode: bool
    count: int


class WebhookReplayInput(TypedDict):
    event_ids: NotRequired[list[str]]
    after_event: NotRequired[str]
    created_after: NotRequired[str]
    created_before: NotRequired[str]
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
