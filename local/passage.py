"""What another user, as whom a server runs, may pass through and read."""

import os
import stat
from pathlib import Path

from local.server import Account, tell


def let_pass(path: Path, account: Account) -> None:
    """Let the account pass through every folder above the path, without letting it read them."""
    for folder in reversed(path.parents):
        _grant(folder, account, needed=stat.S_IXOTH)


def let_read(tree: Path, account: Account) -> None:
    """Let the account read installed files (a strict umask may have kept them to root)."""
    for folder, _, names in os.walk(tree):
        _grant(Path(folder), account, needed=stat.S_IROTH | stat.S_IXOTH, quietly=True)
        for name in names:
            path = Path(folder, name)
            if path.is_file():
                executable = stat.S_IXOTH if path.stat().st_mode & stat.S_IXUSR else 0
                _grant(path, account, needed=stat.S_IROTH | executable, quietly=True)


def _grant(path: Path, account: Account, *, needed: int, quietly: bool = False) -> None:
    status = path.stat()
    # The first of the three classes that fits the account decides, even if a later one gives more.
    if status.st_uid == account.uid:
        needed <<= 6
    elif status.st_gid == account.gid:
        needed <<= 3
    if status.st_mode & needed == needed:
        return
    path.chmod(stat.S_IMODE(status.st_mode) | needed)
    if not quietly:
        tell(
            f"note: other users may now pass through {path} (not list it): PostgreSQL does not run "
            f"as root, so it runs as {account.name}."
        )
