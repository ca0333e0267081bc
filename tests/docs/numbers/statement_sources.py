from __future__ import annotations

from apps.statement_sources.rules import schedule
from apps.statement_sources.services import draft_pgp
from apps.statement_sources.transports import drop_in_server, gnupg, piece_store
from tests.docs.numbers.claim import Claim, minutes

CLAIMS: dict[str, list[Claim]] = {
    "docs/guides/statements.md": [
        ("A session ends within {} seconds", drop_in_server.RECHECK_S),
        ("is looked for every {} minutes", minutes(schedule.MISSING_LOOK)),
        ("in pieces of {} MB", piece_store.PIECE_BYTES / 1024**2),
        ("at most {} days ahead", draft_pgp.OVERLAP_DAYS_MAX),
        ("key server, within {} seconds", gnupg.HOME_S_MAX),
    ],
}
