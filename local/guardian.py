"""Nothing that we started outlives us, however we die.

A small helper process holds one end of a pipe. While we live we tell it the process groups we
start; when the pipe closes, because we ended or were killed with SIGKILL, it ends those that are
left. (Linux could do without, by PR_SET_PDEATHSIG; but that fires when the *thread* that started
a child ends, does not reach grandchildren, and is unknown to macOS.)
"""

import contextlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

GRACE_S = 10.0


class Guardian:
    """The end of the pipe that we hold."""

    def __init__(self) -> None:
        self._helper: subprocess.Popen[str] | None = None

    def watch(self, process_group: int, stop_signal: signal.Signals) -> None:
        """End this group with this signal (then SIGKILL) should we die first."""
        if self._helper is None or self._helper.poll() is not None:
            self._helper = subprocess.Popen(
                [sys.executable, "-I", "-S", str(Path(__file__).resolve())],
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                text=True,
                cwd="/",
                # Out of reach of Ctrl-C, which the terminal sends to our whole group.
                start_new_session=True,
            )
        self._tell(f"watch {process_group} {int(stop_signal)}")

    def release(self, process_group: int) -> None:
        """The group has ended, and its number may be given to somebody else."""
        self._tell(f"release {process_group} 0")

    def _tell(self, line: str) -> None:
        if self._helper is not None and self._helper.stdin is not None:
            with contextlib.suppress(BrokenPipeError):
                self._helper.stdin.write(line + "\n")
                self._helper.stdin.flush()


guardian = Guardian()


def _main() -> None:
    for ignored in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(ignored, signal.SIG_IGN)
    watched: dict[int, int] = {}
    for line in sys.stdin:
        verb, process_group, stop_signal = line.split()
        if verb == "watch":
            watched[int(process_group)] = int(stop_signal)
        else:
            watched.pop(int(process_group), None)
    # The youngest first: workers before the servers they use.
    for process_group in reversed(watched):
        _send(process_group, watched[process_group])
    deadline = time.monotonic() + GRACE_S
    while time.monotonic() < deadline and any(_send(group, 0) for group in watched):
        time.sleep(0.1)
    for process_group in watched:
        _send(process_group, signal.SIGKILL)


def _send(process_group: int, stop_signal: int) -> bool:
    try:
        os.killpg(process_group, stop_signal)
    except OSError:
        return False
    return True


if __name__ == "__main__":
    _main()
