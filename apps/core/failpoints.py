"""Named places where a test may kill the process, to prove that a restart mends everything.

Armed only by LOMI_FAILPOINT in the environment, which production settings refuse:
`LOMI_FAILPOINT=attempts.submit.before_call` kills at the first pass,
`LOMI_FAILPOINT=attempts.submit.before_call:25` at the 25th; several are separated by commas.
With LOMI_FAILPOINT_ONCE, a folder, a file of the point's name is made there before the kill. While
it is there the point is disarmed and no pass counts: a restart is not killed again, and a test
arms a running process by removing the file.
"""

from __future__ import annotations

import itertools
import os
import signal
from pathlib import Path

# Every failpoint of the code; tests/architecture proves that each is reached by its name.
NAMES = (
    "api.create.before_commit",
    "api.create.after_commit",
    "checkout.choice.before_commit",
    "outbox.claim.before_commit",
    "outbox.claim.after_commit",
    "outbox.ack.before_commit",
    "attempts.claim.before_commit",
    "attempts.claim.after_commit",
    "attempts.submit.before_call",
    "attempts.submit.after_call",
    "attempts.apply.before_commit",
    "attempts.apply.after_commit",
    "attempts.poll.before_call",
    "attempts.poll.after_call",
    "callbacks.store.before_commit",
    "callbacks.store.after_commit",
    "callbacks.handle.before_query",
    "callbacks.handle.after_query",
    "bank_doors.deliver.after_seal",
    "bank_doors.deliver.before_hand_over",
    "bank_doors.deliver.before_rename",
    "bank_doors.deliver.before_mark",
    "ledger.post.before_insert",
    "ledger.correction.after_transfer",
    "settlement.close.before_write",
    "settlement.close.before_commit",
    "settlement.pay.before_commit",
    "day_reports.send.before_mark",
    "webhooks.build.before_insert",
    "webhooks.claim.after_commit",
    "webhooks.deliver.before_send",
    "webhooks.deliver.after_send",
    "webhooks.mark.after_commit",
    "payouts.approve.before_commit",
    "payouts.release.before_commit",
    "refunds.approve.before_commit",
    "refunds.release.before_commit",
    "batches.send.before_write",
    "batches.send.before_commit",
    "batches.run.after_commit",
    "batches.name.after_call",
    "floats.read.after_call",
    "statements.stage.before_commit",
    "statements.stage.after_commit",
    "statements.match.before_commit",
    "statements.match.after_commit",
    "sources.fetch.between_pieces",
    "sources.fetch.before_commit",
    "sources.fetch.after_commit",
    "sources.ask.between_pages",
    "sources.ask.after_commit",
    "sources.upload.before_commit",
    "sources.open.before_commit",
    "sources.read.after_import",
    "sources.read.before_commit",
    "discrepancies.match.before_match",
    "discrepancies.write_off.after_booking",
    "discrepancies.correct.after_booking",
    "discrepancies.take_back.after_booking",
    "discrepancies.undo.before_match",
)

_armed: dict[str, int] = {}
for _point in filter(None, os.environ.get("LOMI_FAILPOINT", "").split(",")):
    _name, _, _at_pass = _point.partition(":")
    if _name not in NAMES:
        raise RuntimeError(f"no failpoint {_name!r}")
    _armed[_name] = int(_at_pass or 1)
_passes = {name: itertools.count(1) for name in _armed}


def failpoint(name: str) -> None:
    """Kill this process here (SIGKILL) if this failpoint is an armed one; else nothing."""
    if name not in _armed:
        return
    folder = os.environ.get("LOMI_FAILPOINT_ONCE", "")
    once = Path(folder, name)
    if (folder and once.exists()) or next(_passes[name]) < _armed[name]:
        return
    if folder:
        try:
            once.touch(exist_ok=False)
        except FileExistsError:
            return
    os.kill(os.getpid(), signal.SIGKILL)
