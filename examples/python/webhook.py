"""Take webhooks and check their signatures: LOMI_WEBHOOK_SECRET=whsec_… webhook.py [PORT]

Needs nothing but Python 3.9 or later. `is_genuine` is the part to copy.
"""

import base64
import hashlib
import hmac
import json
import os
import sys
import time
from http.server import BaseHTTPRequestHandler, HTTPServer


def is_genuine(secret, headers, body):
    """Whether these bytes are ours and less than five minutes old (Standard Webhooks, v1)."""
    event_id, sent_at = headers["webhook-id"], headers["webhook-timestamp"]
    if abs(time.time() - int(sent_at)) > 300:
        return False
    key = base64.b64decode(secret.removeprefix("whsec_"))
    digest = hmac.new(key, f"{event_id}.{sent_at}.".encode() + body, hashlib.sha256).digest()
    wanted = "v1," + base64.b64encode(digest).decode()
    given = headers["webhook-signature"].split(" ")
    return any(hmac.compare_digest(wanted, signature) for signature in given)


class Receiver(BaseHTTPRequestHandler):
    """Answers 204 to what is genuine, at once; an event may come twice, its id says so."""

    seen = set()

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        try:
            genuine = is_genuine(os.environ["LOMI_WEBHOOK_SECRET"], self.headers, body)
        except (TypeError, ValueError, AttributeError):
            genuine = False  # A header is missing or is not what it should be.
        self.send_response(204 if genuine else 401)
        self.end_headers()
        if genuine and self.headers["webhook-id"] not in self.seen:
            self.seen.add(self.headers["webhook-id"])
            event = json.loads(body)
            print(event["type"], event["data"]["id"], event["data"]["status"], flush=True)

    def log_message(self, *_):
        pass


if __name__ == "__main__":
    port = int(sys.argv[1]) if len(sys.argv) > 1 else 9000
    HTTPServer(("127.0.0.1", port), Receiver).serve_forever()
