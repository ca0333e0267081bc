"""Named places where a test may kill the process, to prove that a restart mends everything.

Armed only by LOMI_FAILPOINT in the environment, which production settings refuse:
`LOMI_FAILPOINT=payments.submit.before_call` kills at the first pass,
`LOMI_FAILPOINT=payments.submit.before_call:25` at the 25th. A file named by
LOMI_FAILPOINT_ONCE is made before the kill, and its presence disarms the next process.
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
    "outbox.claim.before_commit",
    "outbox.claim.after_commit",
    "outbox.ack.before_commit",
    "payments.claim.before_commit",
    "payments.claim.after_commit",
    "payments.submit.before_call",
    "payments.submit.after_call",
    "payments.apply.before_commit",
    "payments.apply.after_commit",
    "payments.poll.before_call",
    "payments.poll.after_call",
    "callbacks.store.before_commit",
    "callbacks.store.after_commit",
    "callbacks.handle.before_query",
    "callbacks.handle.after_query",
    "ledger.post.before_insert",
    "webhooks.promise.before_insert",
    "webhooks.claim.after_commit",
    "webhooks.deliver.before_send",
    "webhooks.deliver.after_send",
    "webhooks.mark.after_commit",
    "statements.stage.before_commit",
    "statements.stage.after_commit",
    "statements.match.before_commit",
    "statements.match.after_commit",
)

_armed_name, _, _armed_pass = os.environ.get("LOMI_FAILPOINT", "").partition(":")
_passes = itertools.count(1)

if _armed_name and _armed_name not in NAMES:
    raise RuntimeError(f"no failpoint {_armed_name!r}")


def failpoint(name: str) -> None:
    """Kill this process here (SIGKILL) if this failpoint is the armed one; else nothing."""
    if name != _armed_name:
        return
    once = os.environ.get("LOMI_FAILPOINT_ONCE", "")
    # While disarmed no pass counts: a test arms a running process by removing the file.
    if (once and Path(once).exists()) or next(_passes) < int(_armed_pass or 1):
        return
    if once:
        try:
            Path(once).touch(exist_ok=False)
        except FileExistsError:
            return
    os.kill(os.getpid(), signal.SIGKILL)
