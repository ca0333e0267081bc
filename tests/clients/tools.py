"""The generators, of pinned versions, in folders of their own: they share nothing with ours.

Node.js and Java come from the package index like the rest: nothing of the system is needed.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from tests.docs.pages import ROOT

PYTHON_LOCK = ROOT / "requirements" / "clients.txt"
NODE_FILES = [Path(__file__).parent / name for name in ("package.json", "package-lock.json")]

FOLDER = ROOT / "var" / "clients"
PYTHON_FOLDER = FOLDER / "python"
NODE_FOLDER = FOLDER / "node"
PYTHON = PYTHON_FOLDER / "bin" / "python"


def install() -> None:
    """Bring both folders to what the locks say; nothing to do when they are."""
    install_python()
    if _is_new(NODE_FOLDER, NODE_FILES):
        NODE_FOLDER.mkdir(parents=True)
        for file in NODE_FILES:
            shutil.copy(file, NODE_FOLDER)
        run(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"], folder=NODE_FOLDER)
        _stamp(NODE_FOLDER, NODE_FILES)


def install_python() -> None:
    if _is_new(PYTHON_FOLDER, [PYTHON_LOCK]):
        uv = Path(sys.executable).parent / "uv"
        run([str(uv), "venv", "--quiet", "--python", sys.executable, str(PYTHON_FOLDER)])
        run(
            [
                *(str(uv), "pip", "sync", "--quiet", "--require-hashes"),
                *("--python", str(PYTHON), str(PYTHON_LOCK)),
            ]
        )
        _stamp(PYTHON_FOLDER, [PYTHON_LOCK])


def lock() -> None:
    """Pin what package.json names, with its hashes and no registry's address."""
    install_python()
    run(
        [
            *("npm", "install", "--package-lock-only", "--omit-lockfile-registry-resolved"),
            *("--ignore-scripts", "--no-audit", "--no-fund"),
        ],
        folder=Path(__file__).parent,
    )


def run(command: Sequence[str], *, folder: Path = ROOT, **environ: str) -> str:
    """What a program printed; its own words when it fails."""
    done = subprocess.run(
        command,
        cwd=folder,
        env={
            **os.environ,
            "PATH": os.pathsep.join(
                [
                    str(NODE_FOLDER / "node_modules" / ".bin"),
                    str(PYTHON.parent),
                    os.environ["PATH"],
                ]
            ),
            **environ,
        },
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, f"{' '.join(command)}\n{done.stdout[-5000:]}"
    return done.stdout


def _is_new(folder: Path, locks: Sequence[Path]) -> bool:
    """Whether the folder has to be filled; then there is none."""
    stamp = folder / ".installed"
    if stamp.exists() and stamp.read_text() == _fingerprint(locks):
        return False
    shutil.rmtree(folder, ignore_errors=True)
    return True


def _stamp(folder: Path, locks: Sequence[Path]) -> None:
    (folder / ".installed").write_text(_fingerprint(locks))


def _fingerprint(locks: Sequence[Path]) -> str:
    return hashlib.sha256(b"".join(lock.read_bytes() for lock in locks)).hexdigest()


if __name__ == "__main__":
    lock()
