"""Keys over the wire: revoked everywhere within a second, rotated without a failed request."""

import threading
import time
import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

pytestmark = [pytest.mark.stack, pytest.mark.xdist_group("stack"), pytest.mark.timeout(900)]

# How long a process may remember a key.
SECOND = 1.0


class Program:
    """A merchant's program with a key of its own."""

    def __init__(self, platform, key):
        self.base, self.key = f"{platform.stack.urls.web}/api/v1", key

    def call(self, method, path, body=None, *, key=None):
        return requests.request(
            method,
            f"{self.base}/{path}",
            json=body,
            headers={
                "Authorization": f"Bearer {key or self.key}",
                "Idempotency-Key": str(uuid.uuid4()),
            },
            timeout=120,
        )

    def make_key(self):
        answer = self.call("POST", "api_keys", {"kind": "restricted", "scopes": ["api_keys:write"]})
        assert answer.status_code == 201, answer.text
        return answer.json()


@pytest.fixture
def program(platform):
    return Program(platform, platform.cameroon["api_key"])


def test_a_revoked_key_is_refused_by_every_process_within_a_second(program):
    made = program.make_key()
    seen, is_over = [], threading.Event()

    def call():
        # A connection each time: both web processes are asked. Not so often that we are limited.
        while not is_over.wait(0.05):
            began = time.monotonic()
            seen.append((began, program.call("GET", "me", key=made["secret"]).status_code))

    with ThreadPoolExecutor(4) as pool:
        calling = [pool.submit(call) for _ in range(4)]
        while len(seen) < 30:
            time.sleep(0.01)
        revoked = program.call("DELETE", f"api_keys/{made['id']}").json()
        revoked_at = time.monotonic()
        while time.monotonic() < revoked_at + 2 * SECOND:
            time.sleep(0.01)
        is_over.set()
        [one.result() for one in calling]

    after = [status for began, status in seen if began > revoked_at + SECOND]
    assert revoked["status"] == "revoked"
    assert {status for _, status in seen} == {200, 401}
    assert len(after) >= 10
    assert set(after) == {401}


def test_a_rotation_is_told_by_webhook_and_e_mail_and_no_request_fails(platform, program):
    made = program.make_key()
    seen, is_over = [], threading.Event()
    keys = [made["secret"]]

    def call():
        while not is_over.is_set():
            for key in list(keys):
                seen.append(program.call("GET", "me", key=key).status_code)

    with ThreadPoolExecutor(4) as pool:
        calling = [pool.submit(call) for _ in range(4)]
        answer = program.call("POST", f"api_keys/{made['id']}/rotate", {}, key=made["secret"])
        keys.append(answer.json()["secret"])
        event = platform.shop.wait_for(made["id"], "api_key.rotated")
        while len(seen) < 60:
            time.sleep(0.01)
        is_over.set()
        [one.result() for one in calling]

    assert set(seen) == {200}
    assert event["data"]["successor"] == answer.json()["id"]
    assert answer.json()["secret"] not in str(event)
    mails = platform.stack.var / "mail"
    give_up_at = time.monotonic() + 120
    while made["prefix"] not in (said := _mails(mails)) and time.monotonic() < give_up_at:
        time.sleep(0.05)
    assert made["prefix"] in said
    assert answer.json()["secret"] not in said


def _mails(folder):
    return "".join(path.read_text() for path in folder.glob("*")) if folder.exists() else ""
