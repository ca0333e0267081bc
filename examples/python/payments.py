"""Ask a payer for money, wait for the end, list: payments.py REFERENCE AMOUNT PHONE

Needs nothing but Python 3.9 or later. LOMI_KEY is an API key, LOMI_URL where the platform is.
"""

import json
import os
import sys
import time
import urllib.error
import urllib.request

API = os.environ.get("LOMI_URL", "http://127.0.0.1:8000") + "/api/v1"
TRIES_MAX = 5


def call(method, path, body=None, idempotency_key=None):
    """The answer's JSON. What is safe to repeat is repeated: a GET, a POST with its key."""
    headers = {"Authorization": "Bearer " + os.environ["LOMI_KEY"]}
    if body is not None:
        headers |= {"Content-Type": "application/json", "Idempotency-Key": idempotency_key}
    data = None if body is None else json.dumps(body).encode()
    tries = 0
    while True:
        tries += 1
        request = urllib.request.Request(API + path, data=data, headers=headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            # 409: the first request with this key is still at work.
            if error.code not in (409, 429, 500, 502, 503, 504) or tries == TRIES_MAX:
                print("refused:", json.load(error)["code"])
                sys.exit(1)
            pause_s = int(error.headers.get("Retry-After", 2**tries))
        except OSError:
            if tries == TRIES_MAX:
                raise
            pause_s = 2**tries
        time.sleep(pause_s)


def main(reference, amount, phone):
    payment = call(
        "POST",
        "/payments",
        {
            "amount": int(amount),
            "currency": "XAF",
            "payer": {"phone": phone},
            "reference": reference,
        },
        idempotency_key=reference,
    )
    print("created", payment["id"])
    while payment["status"] not in ("succeeded", "failed", "expired", "canceled"):
        time.sleep(1)
        payment = call("GET", "/payments/" + payment["id"])
    print("ended", payment["status"])
    newest = call("GET", "/payments?limit=1")
    print("newest", newest["data"][0]["id"])


if __name__ == "__main__":
    main(*sys.argv[1:])
