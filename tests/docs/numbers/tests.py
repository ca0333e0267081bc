from __future__ import annotations

from tests.docs.numbers.claim import Claim, Shown, in_source

HOSTILE = "tests/security/test_hostile_requests.py"
WALKED = "tests/docs/test_blocks.py::test_what_a_page_shows_is_what_happens"
RESTORED = (
    "tests/restore/test_backup.py"
    "::test_what_was_answered_is_there_after_the_server_and_its_disk_are_gone"
)

CLAIMS: dict[str, list[Claim]] = {
    "README.md": [
        # The walk's own answer: two payments of 1,500, each less its fee.
        ("Twice {} by now", Shown(1470, WALKED)),
        ("less the {} that the demo", Shown(500, WALKED)),
        ("and the {} that it paid out", Shown(800, WALKED)),
        ("and {} that a sale left it", Shown(9600, WALKED)),
    ],
    "docs/guides/backups.md": [("less than {} seconds", Shown(5, RESTORED))],
    "docs/guides/security.md": [
        (
            "sends {} requests to each route, at least {} to each group",
            in_source(HOSTILE, r'LOMI_HOSTILE_REQUESTS", at_length\(1, (\d+)\)'),
            in_source(HOSTILE, r"^GROUP_MIN = (\d+)"),
        ),
    ],
}
