"""Our signatures, checked by the reference library of the standard."""

import base64
import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks import Webhook
from standardwebhooks.webhooks import WebhookVerificationError

from apps.webhooks.signing import SECRET_PREFIX, new_secret, signature_headers

bodies = st.dictionaries(st.text(max_size=10), st.text(max_size=10)).map(
    lambda data: json.dumps(data, ensure_ascii=False).encode("utf-8", "replace")
)


def signed(body, *, secret, at=None):
    return signature_headers(
        secret=secret, webhook_id="evt_1", body=body, now=at or datetime.now(UTC)
    )


@given(bodies)
def test_the_reference_library_takes_what_we_sign(body):
    secret = new_secret()

    assert Webhook(secret).verify(body, signed(body, secret=secret)) == json.loads(body)


@pytest.mark.parametrize("forge", ["body", "id", "timestamp", "secret", "signature"])
def test_whatever_is_changed_breaks_the_signature(forge):
    secret, body = new_secret(), b'{"amount":1500}'
    headers = signed(body, secret=secret)
    if forge == "body":
        body = b'{"amount":9500}'
    elif forge == "secret":
        secret = new_secret()
    elif forge == "timestamp":
        headers["webhook-timestamp"] = str(int(headers["webhook-timestamp"]) + 1)
    elif forge == "id":
        headers["webhook-id"] += "x"
    else:
        given = headers["webhook-signature"]
        headers["webhook-signature"] = "v1," + ("A" if given[3] != "A" else "B") + given[4:]

    with pytest.raises(WebhookVerificationError):
        Webhook(secret).verify(body, headers)


def test_what_was_signed_long_ago_is_refused():
    secret = new_secret()
    headers = signed(b"{}", secret=secret, at=datetime.now(UTC) - timedelta(minutes=10))

    with pytest.raises(WebhookVerificationError):
        Webhook(secret).verify(b"{}", headers)


def test_secrets_have_192_random_bits():
    secrets = {new_secret() for _ in range(100)}

    assert len(secrets) == 100
    for secret in secrets:
        assert len(base64.b64decode(secret.removeprefix(SECRET_PREFIX))) == 24
