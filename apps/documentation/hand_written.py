"""What no handler can say of itself: the introduction, the words of the menu, the event stream."""

from __future__ import annotations

from typing import Any

from apps.merchants import scopes

INTRODUCTION = """\
One API for mobile money in West and Central Africa. JSON in, JSON out, over HTTPS.

**Amounts** are whole numbers of the currency's smallest unit: 1500 is 1,500 XAF, or 15.00 EUR.
**Instants** are ISO 8601 in UTC, with milliseconds. **Ids** begin with the kind of object: `pay_…`.
**Lists** come newest first, `limit` objects a page; `starting_after` goes on.

**Test and live** are two worlds: a key beginning with `lomi_sk_test_` sees and makes test objects
only, and no money moves. **Every POST** needs an `Idempotency-Key`. **A refusal** is
`application/problem+json` with a `code` that never changes its meaning.

Events also come in real time: over a WebSocket at `/ws/v1/events` and as Server-Sent Events at
`/api/v1/events/stream`, see the guide on real time.
"""

# First word of the path -> the group's name and what it is about, in the order of the page.
TAGS = {
    "payments": ("Payments", "Money asked of a payer."),
    "refunds": ("Refunds", "Money given back to a payer."),
    "disputes": ("Disputes", "Money a payer, or the bank for it, wants back against your will."),
    "balance": ("Balance", "What we owe the merchant, fees taken off."),
    "fees": ("Fees", "What we keep of a payment, and the tax on it."),
    "payouts": ("Payouts", "Money sent to a payee out of the balance."),
    "payout_batches": ("Payout batches", "Many payees, checked and paid together."),
    "payout_batch_uploads": ("Uploads of batches", "Long lists of payees, sent piece by piece."),
    "approvals": ("Approvals", "What another key or person must approve before it is sent."),
    "settlements": ("Settlements", "What you are paid, period by period, and of what it is made."),
    "day_reports": ("Day reports", "What your balance did on each day, to the last movement."),
    "reports": ("Reports", "Sums, rates and times of payments, refunds and payouts."),
    "tickets": ("Support tickets", "What you ask support, and what it answers."),
    "payment_methods": ("Payment methods", "What a phone number can be asked by."),
    "providers": ("Providers", "Which providers serve which country, and whether they are open."),
    "status": ("Status", "How the rails are, by our own monitoring."),
    "events": ("Events", "What happened, kept and told again on demand."),
    "realtime": ("Real time", "Tickets that open a stream of events in a browser."),
    "webhook_endpoints": (
        "Webhook endpoints",
        "Where events are sent, how that went, and sending again.",
    ),
    "orange": ("Orange Money", "Orange Money alone, in the words of its own specification."),
    "mtn": ("MTN MoMo", "MTN MoMo alone, in the words of its own specification."),
    "api_keys": ("API keys", "Keys of programs: made, rotated, revoked."),
    "oauth_applications": (
        "OAuth applications",
        "Programs of others that merchants let in, by OAuth 2.0.",
    ),
    "client_certificates": ("Client certificates", "Certificates for mutual TLS."),
    "me": ("Caller", "Who is calling."),
}

SECURITY_SCHEMES: dict[str, Any] = {
    "ApiKey": {
        "type": "http",
        "scheme": "bearer",
        "description": "An API key: `Authorization: Bearer lomi_sk_test_…`, or `lomi_sk_live_…`",
    },
    "ClientCertificate": {
        "type": "mutualTLS",
        "description": "A registered client certificate, without an `Authorization` header.",
    },
    "OAuth2": {
        "type": "oauth2",
        "description": "An access token that a member consented to, as a Bearer token.",
        "flows": {
            "authorizationCode": {
                "authorizationUrl": "/oauth/authorize",
                "tokenUrl": "/oauth/token",
                "refreshUrl": "/oauth/token",
                "scopes": {name: name for name in scopes.GRANTABLE},
            },
        },
    },
    # Apart: generators name a scheme's flows by the scheme.
    "OAuth2Client": {
        "type": "oauth2",
        "description": "An access token of an application itself, as a Bearer token.",
        "flows": {
            "clientCredentials": {
                "tokenUrl": "/oauth/token",
                "scopes": {name: name for name in scopes.GRANTABLE},
            },
        },
    },
}

# What we send to the address that an endpoint is registered with.
WEBHOOK_ENDPOINTS_PATH = "/api/v1/webhook_endpoints"
WEBHOOKS: dict[str, Any] = {
    "event": {
        "{$request.body#/url}": {
            "post": {
                "summary": "An event",
                "description": (
                    "Sent to each webhook endpoint that asked for its type, signed by Standard "
                    "Webhooks, until it is answered 2xx: 16 tries over 72 hours."
                ),
                "operationId": "receive_event",
                "parameters": [
                    {
                        "name": name,
                        "in": "header",
                        "required": True,
                        "description": text,
                        "schema": {"type": "string"},
                    }
                    for name, text in (
                        ("webhook-id", "The event's id, the same at each try."),
                        ("webhook-timestamp", "When this try was made, in seconds since 1970."),
                        ("webhook-signature", "`v1,` and a signature, one for each living secret."),
                    )
                ],
                "requestBody": {
                    "required": True,
                    "content": {
                        "application/json": {"schema": {"$ref": "#/components/schemas/Event"}}
                    },
                },
                "responses": {"2XX": {"description": "Taken: it is not sent again."}},
            }
        }
    }
}

# Answered by the realtime process, for as long as the reader stays.
EVENT_STREAM_PATH = "/api/v1/events/stream"
EVENT_STREAM: dict[str, Any] = {
    "text/event-stream": {
        "schema": {"type": "string"},
        "example": "id: evt_01kamzaq2te5bvx8s6d0w3h1kf\n"
        'data: {"id":"evt_01kamzaq2te5bvx8s6d0w3h1kf","type":"payment.succeeded",…}',
    }
}
