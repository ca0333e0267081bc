"""Who reads the pages from the first to the last, and does what they show."""

from __future__ import annotations

import re
import secrets
import shutil
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import requests

from local import story
from local.night_watch import NightWatch
from local.shop import Shop
from local.stack import Stack
from tests.docs.pages import ROOT, blocks, read
from tests.docs.walk import RUN, Walk, compare

VERIFIERS = "tests/docs/test_documentation.py::test_the_verifiers_shown_are_those_that_run"
# What cannot be run where it stands, by the start of the block -> what holds it.
BOUND = {
    ("README.md", "def is_genuine"): (
        "tests/docs/test_readme.py::test_the_function_shown_is_the_one_that_runs"
    ),
    ("docs/guides/api-keys.md", r"\blomi_"): (
        "tests/docs/test_blocks.py::test_the_pattern_finds_every_kind_of_key"
    ),
    ("docs/guides/oauth.md", "/oauth/authorize"): (
        "tests/docs/test_blocks.py::test_the_address_of_consent_leads_to_the_sign_in"
    ),
    ("docs/guides/real-time.md", "const { ticket"): (
        "tests/realtime/test_server.py::test_a_browser_comes_in_with_a_ticket"
    ),
    ("docs/guides/webhooks.md", "POST /hooks"): (
        "tests/docs/test_blocks.py::test_a_webhook_comes_as_it_is_shown"
    ),
    ("docs/guides/webhooks.md", '{\n  "id": "evt_'): (
        "tests/docs/test_blocks.py::test_a_webhook_comes_as_it_is_shown"
    ),
    ("benchmarks/morning/README.md", "python3 -m benchmarks.morning.generate"): (
        "tests/statement_formats/test_morning.py"
        "::test_the_commands_of_the_page_make_mornings_and_score_them"
    ),
    ("benchmarks/morning/README.md", '{"file": "today.csv", "is": "read"}'): (
        "tests/statement_formats/test_morning.py::test_the_verdicts_shown_are_scored"
    ),
    ("docs/guides/statements.md", "python manage.py fetch_statements"): (
        "tests/statement_sources/test_commands.py"
        "::test_an_accounts_reports_are_fetched_read_and_what_differs_is_printed"
    ),
    ("docs/guides/statements.md", "python manage.py serve_statement_drop_in"): (
        "tests/statement_sources/test_commands.py::test_the_server_of_the_guide_starts_and_ends"
    ),
    ("docs/guides/statements.md", "Port 2222"): (
        "tests/statement_sources/test_openssh.py"
        "::test_the_recipe_is_a_jail_without_shell_or_forwarding"
    ),
    **{
        ("docs/guides/backups.md", start): (
            "tests/restore/test_backup.py"
            "::test_after_a_restore_that_lost_time_all_money_moved_once_and_the_books_agree"
        )
        for start in (
            "CREATE ROLE",
            "pg_receivewal",
            "base=/backup/base/$(date",
            "base=$(ls",
            'echo "recovery_target_time',
            "python manage.py after_restore",
            "python manage.py release_money_out",
        )
    },
    ("docs/architecture.md", "flowchart"): (
        "tests/docs/test_architecture.py::test_the_picture_is_drawn_from_the_import_rules"
    ),
    **{
        ("docs/guides/webhooks.md", start): VERIFIERS
        for start in (
            "def is_genuine",
            "// Whether these bytes are ours",
        )
    },
    ("apps/providers/simulation/README.md", "class KoriSimulator"): (
        "tests/docs/test_blocks.py::test_the_simulator_shown_is_one"
    ),
}


def bound_to(page, block):
    starts = [start for name, start in BOUND if name == page and block.text.startswith(start)]
    return BOUND[page, starts[0]] if starts else ""


@dataclass(frozen=True)
class Demo:
    """A stack of its own with the demo's data; its webhooks go to the shop.

    Nobody listens on `receiver_port` yet.
    """

    stack: Stack
    seeded: dict[str, Any]
    shop: Shop
    watch: NightWatch
    receiver_port: int

    @property
    def merchant(self) -> dict[str, Any]:
        found: dict[str, Any] = self.seeded["merchants"][0]
        return found


class Reader:
    """What a reader of the pages does between the blocks, and what she fills in."""

    def __init__(self, demo: Demo):
        self.demo, self.urls = demo, demo.stack.urls
        self.key = demo.merchant["api_key"]
        self.headers = {"Authorization": f"Bearer {self.key}"}

    def pay(self):
        order = {"amount": 1500, "currency": "XAF", "payer": {"phone": "677000001"}}
        answer = requests.post(
            f"{self.urls.web}/api/v1/payments",
            json=order,
            headers={**self.headers, "Idempotency-Key": secrets.token_hex(8)},
            timeout=120,
        )
        assert answer.status_code == 201, answer.text
        return answer.json()

    def fill(self, receiver_url: str = ""):
        return {
            "http://127.0.0.1:8000": self.urls.web,
            "http://127.0.0.1:8060": self.urls.realtime,
            "http://127.0.0.1:8091/control": self.urls.control,
            "wss://pay.example": self.urls.realtime.replace("http", "ws"),
            "http://localhost:3000/webhooks": f"{receiver_url} --url {self.urls.realtime}",
            "127.0.0.1:9000": f"127.0.0.1:{self.demo.receiver_port}",
            "webhook.py 9000": f"webhook.py {self.demo.receiver_port}",
            "lomi_sk_test_…": self.key,
        }

    def knows(self, page):
        """The variables she has by then."""
        if page == "README.md":
            return {}
        found = {"PAYMENT": self.pay()["id"], "EVENT": newest_event(self)}
        return found | (self.demo.stack.environment if page.endswith("operations.md") else {})

    def of_an_operator(self):
        """What operations are about: a chain with a head, a report of the provider's."""
        day = datetime.now(UTC).date().isoformat()
        report = self.demo.stack.control("reports", {"provider": "mtn_momo", "day": day})
        head = re.search(r"\d+:[0-9a-f]{8,}", self.demo.stack.manage("verify_audit"))
        anchors = self.demo.stack.var / "anchors"
        anchors.write_text(f"audit anchor {head[0]}\n")
        disputes = self.demo.stack.var / "disputes.csv"
        disputes.write_text(
            "case,reference,provider_reference,amount,currency,reason,date,due_date\n"
            f"C-1,unknown,unknown,100,XAF,FRAD,{day},\n"
        )
        return {
            "disputes.csv": f"'{disputes}'",
            "/var/log/lomi/anchors --anchor-file worker.log": f"'{anchors}'",
            "1200:9f3c…": head[0],
            "report.csv": f"'{next(path for path in report['files'] if 'XAF' in path)}'",
            "pa_…": self.demo.merchant["provider_accounts"]["mtn_momo"],
            "2026-01-31": day,
        }

    def ask_for_consent(self, variables: Path):
        """The code that comes back when a person of the merchant allows it."""
        verifier = "v" * 43
        made = requests.post(
            f"{self.urls.web}/api/v1/oauth_applications",
            json={
                "name": "Till",
                "scopes": ["payments:read"],
                "redirect_uris": ["https://till.example/lomi/back"],
            },
            headers={**self.headers, "Idempotency-Key": "consent"},
            timeout=120,
        ).json()
        code = secrets.token_urlsafe(24)
        self.demo.stack.manage("shell", "-c", CONSENT.format(client=made["client_id"], code=code))
        variables.write_text(
            f"export CLIENT_ID={made['client_id']} CLIENT_SECRET={made['client_secret']}"
            f" CODE={code} VERIFIER={verifier}\n"
        )


CONSENT = """
import base64, hashlib
from django.utils import timezone
from apps.merchants.models import Member
from apps.oauth.models import Application
from apps.oauth.services.create_code import create_code
application = Application.objects.get(client_id="{client}")
challenge = base64.urlsafe_b64encode(hashlib.sha256(b"v" * 43).digest()).decode()[:-1]
create_code(
    application=application, member=Member.objects.filter(merchant=application.merchant).first(),
    code="{code}", redirect_uri="https://till.example/lomi/back", scope="payments:read",
    code_challenge=challenge, now=timezone.now())
"""


def work_folder(folder):
    """Where a reader works who has not this repository before her."""
    shutil.copytree(ROOT / "docker", folder / "work/docker")
    (folder / "work/local").symlink_to(ROOT / "local")
    return folder


def walk_through(demo, folder, receiver, page):
    reader = Reader(demo)
    shown = blocks(read(page))
    walk = Walk(
        folder=folder,
        environment={
            "LOMI_URL": demo.stack.urls.web,
            "LOMI_REALTIME_URL": demo.stack.urls.realtime,
            "LOMI_KEY": reader.key,
            "SIMULATOR_CONTROL_TOKEN": demo.stack.environment["SIMULATOR_CONTROL_TOKEN"],
            **reader.knows(page),
        },
        database_url=demo.stack.environment["DATABASE_URL"],
        # Scripts and commands of this repository are called by their path in it.
        work_in=ROOT if page in IN_THIS_REPOSITORY else folder / "work",
        fill={
            **reader.fill(receiver.url),
            **(reader.of_an_operator() if page.endswith("operations.md") else {}),
        },
        endless=ENDLESS,
        meanwhile=reader.pay,
    )
    if page.endswith("oauth.md"):
        reader.ask_for_consent(walk.folder / "variables")
    if page == "README.md":
        (folder / "story").write_text(tell_the_story(demo))

    printed, ran = "", 0
    for block in shown:
        if bound_to(page, block):
            continue
        if block.language in RUN:
            printed = walk.run(block)
            ran += 1
            # Shown once: what comes below uses it.
            if secret := re.search(r'"secret": ?"(whsec_[^"]+)"', printed):
                walk.fill["whsec_…"] = secret[1]
        else:
            compare(block, walk.filled(block), printed)

    assert ran > 0
    if page == "README.md":
        assert "0 violations" in demo.stack.manage("check_books")


IN_THIS_REPOSITORY = {
    "README.md",
    "docs/guides/real-time.md",
    "docs/guides/operations.md",
    "sdk/python/README.md",
}

# Those who wait for events wait for ever.
ENDLESS = {
    "webhook.py": r"payment\.succeeded pay_\w+ succeeded",
    "curl -N": r'"type": ?"payment\.succeeded"',
    "with connect(": r'"type": ?"payment\.succeeded"',
    "listen --key": r"evt_\w+",
}


def newest_event(reader):
    listed = requests.get(
        f"{reader.urls.web}/api/v1/events/feed?limit=1", headers=reader.headers, timeout=120
    )
    return listed.json()["data"][0]["id"]


def tell_the_story(demo):
    """What `make demo` prints; README's reader has seen it first."""
    told = []
    assert story.tell(demo.stack, demo.seeded, demo.shop, demo.watch, told.append), told
    return "\n".join(told)
