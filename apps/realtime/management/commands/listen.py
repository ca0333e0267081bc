"""Send the test-mode events to a program on this machine, signed like webhooks.

For a developer without a public address:

    python manage.py listen --key lomi_sk_test_… --to http://localhost:3000/webhooks

It needs neither database nor secrets of the platform, and opens no port.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import os
import time
from argparse import ArgumentParser
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import requests
from django.core.management.base import BaseCommand, CommandError

from apps.realtime.event_reader import EventReader, StreamRefused, Told
from apps.webhooks.signing import SECRET_PREFIX, signature_headers

LIVE_KEY_MARK = "_live_"
ANSWER_WITHIN_S = 30.0
# The program may be restarting: so often it is tried again, once a second.
REFUSED_TRIES = 5


class Command(BaseCommand):
    help = "Send the test-mode events to a program on this machine, signed like webhooks."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--key", default=os.environ.get("LOMI_API_KEY", ""), help="or LOMI_API_KEY; test mode"
        )
        parser.add_argument("--to", required=True, help="where to send: http://localhost:3000/…")
        parser.add_argument(
            "--url",
            default=os.environ.get("LOMI_URL", "http://127.0.0.1:8000"),
            help="the platform, or LOMI_URL",
        )
        parser.add_argument("--types", default="", help="payment.succeeded,payment.failed; all")
        parser.add_argument("--secret", default="", help="whsec_…; one of this key and folder")
        parser.add_argument("--after", default="", help="evt_…: begin after this event")

    def handle(self, *args: Any, **options: Any) -> None:
        key, secret = options["key"], options["secret"]
        if not key:
            raise CommandError("Give --key lomi_sk_test_…, or set LOMI_API_KEY.")
        if LIVE_KEY_MARK in key:
            raise CommandError("This is a live key: it does not belong on a developer's machine.")
        self._to, self._secret = options["to"], secret or _own_secret(key)
        _check_secret(self._secret)
        reader = EventReader(
            url=options["url"],
            key=key,
            types=options["types"],
            after=options["after"],
            on_opening=self._opened,
            on_trouble=lambda trouble: self._say(f"({trouble}: connecting again)"),
        )
        self._say(f"Signing secret: {self._secret}")
        try:
            for told in reader:
                self._forward(told)
        except StreamRefused as refused:
            raise CommandError(str(refused)) from None
        except KeyboardInterrupt:
            self._say("Stopped.")

    def _opened(self, livemode: bool) -> None:
        if livemode:
            raise CommandError("This is a live credential: only test events are sent on.")
        self._say(f"Ready: events go to {self._to}")

    def _forward(self, told: Told) -> None:
        body = told.body.encode()
        begun = time.monotonic()
        outcome = self._send(told.id, body)
        took_ms = (time.monotonic() - begun) * 1000
        now = datetime.now(UTC).strftime("%H:%M:%S")
        type = json.loads(body)["type"]
        self._say(f"{now}  {type:<26}  {told.id}  {outcome}  {took_ms:.0f} ms")

    def _send(self, event_id: str, body: bytes) -> str:
        for tries_left in reversed(range(REFUSED_TRIES)):
            headers = signature_headers(
                secret=self._secret, webhook_id=event_id, body=body, now=datetime.now(UTC)
            )
            headers["Content-Type"] = "application/json"
            try:
                answer = requests.post(
                    self._to,
                    data=body,
                    headers=headers,
                    timeout=ANSWER_WITHIN_S,
                    allow_redirects=False,
                )
                return str(answer.status_code)
            except requests.RequestException as error:
                # Only what certainly did not arrive is sent again.
                if not _was_refused(error) or not tries_left:
                    return type(error).__name__
            time.sleep(1.0)
        return ""

    def _say(self, line: str) -> None:
        self.stdout.write(line)
        self.stdout.flush()


def _own_secret(key: str) -> str:
    """The same each time for this key in this folder, so that a restart changes nothing."""
    folder = f"listen {Path.cwd()}".encode()
    digest = hmac.digest(key.encode(), folder, hashlib.sha256)
    return SECRET_PREFIX + base64.b64encode(digest[:24]).decode()


def _check_secret(secret: str) -> None:
    try:
        is_good = secret.startswith(SECRET_PREFIX) and bool(
            base64.b64decode(secret.removeprefix(SECRET_PREFIX), validate=True)
        )
    except binascii.Error:
        is_good = False
    if not is_good:
        raise CommandError("A signing secret is whsec_ and base64.")


def _was_refused(error: requests.RequestException) -> bool:
    return isinstance(error, requests.ConnectionError) and "refused" in str(error).lower()
