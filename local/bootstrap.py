"""Build .venv from requirements/dev.txt, when that has not been done yet.

Every make target begins with this file, so it needs nothing but the standard library and must
load on a Python too old for the rest, to be able to say so.
"""

import fcntl
import hashlib
import os
import shutil
import signal
import subprocess
import sys
import time
import venv
from pathlib import Path

OLDEST = (3, 11)
NEWEST = (3, 13)

ROOT = Path(__file__).resolve().parent.parent


class CannotInstall(Exception):
    """What is wrong and what to do about it, for the person at the keyboard."""


def ensure_environment(root: Path = ROOT) -> bool:
    """Make root/.venv hold exactly what the lock file asks for; return whether work was needed.

    Safe to interrupt and to run twice at the same time: an environment left half built is built
    again from nothing.

    Raises:
        CannotInstall: no venv module, no network, a damaged download.
    """
    lock_file = root / "requirements" / "dev.txt"
    folder = root / ".venv"
    if folder.is_symlink():
        # Another checkout's, which it installs itself.
        return False
    with lock_file.open("rb") as opened:
        # Two makes at once: the second waits, then finds the work done.
        fcntl.flock(opened, fcntl.LOCK_EX)
        wanted = _fingerprint(opened.read())
        if _is_installed(folder, wanted):
            return False
        _install(folder, lock_file, wanted)
        return True


def _fingerprint(lock: bytes) -> str:
    return f"{hashlib.sha256(lock).hexdigest()} {sys.version_info[0]}.{sys.version_info[1]}\n"


def _is_installed(folder: Path, wanted: str) -> bool:
    stamp = folder / ".installed"
    # The interpreter is a link: it dangles when the Python it was made from has gone.
    return (
        (folder / "bin" / "python").exists()
        and not (folder / ".installing").exists()
        and stamp.exists()
        and stamp.read_text() == wanted
    )


def _install(folder: Path, lock_file: Path, wanted: str) -> None:
    begun = time.monotonic()
    installing = folder / ".installing"
    stamp = folder / ".installed"
    # As root, PostgreSQL runs as another user, who has to read what is installed here.
    os.umask(0o022)
    if not (folder / "bin" / "python").exists() or installing.exists() or not stamp.exists():
        _say(f"Making .venv with Python {sys.version.split()[0]} ...")
        _make_environment(folder)
    elif stamp.read_text().split()[1:] != wanted.split()[1:]:
        _say(f"Making .venv again, now with Python {sys.version.split()[0]} ...")
        _make_environment(folder)
    stamp.unlink(missing_ok=True)
    installing.touch()
    _say(f"Installing requirements/{lock_file.name} (about 250 MB, once) ...")
    _pip_install(folder, lock_file)
    stamp.write_text(wanted)
    installing.unlink()
    _say(f"Installed in {time.monotonic() - begun:.0f} s.")


def _make_environment(folder: Path) -> None:
    try:
        import ensurepip  # noqa: F401  (Debian and Ubuntu ship Python without it.)
    except ImportError:
        version = f"{sys.version_info[0]}.{sys.version_info[1]}"
        raise CannotInstall(
            f"{sys.executable} cannot make virtual environments: its venv module is incomplete.\n"
            f"On Debian or Ubuntu: apt-get install python{version}-venv"
        ) from None
    folder.mkdir(exist_ok=True)
    try:
        venv.create(folder, with_pip=True, clear=True, symlinks=True)
    except subprocess.CalledProcessError as error:
        raise CannotInstall(f"could not make {folder}: {_text(error.output)}") from None


def _pip_install(folder: Path, lock_file: Path) -> None:
    command = [
        str(folder / "bin" / "python"),
        # -I: neither PYTHONPATH nor the user's own packages may leak in.
        *("-I", "-m", "pip", "install"),
        # The lock names every package and every hash, so there is nothing to resolve; and only
        # wheels, since building from source would fetch tools that no hash vouches for.
        *("--quiet", "--no-deps", "--require-hashes", "--only-binary", ":all:", "--no-compile"),
        *("--disable-pip-version-check", "--no-input", "--requirement", str(lock_file)),
    ]
    environment = {**os.environ, "PIP_USER": "0"}
    result = subprocess.run(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False
    )
    if result.returncode != 0:
        output = _text(result.stdout)
        raise CannotInstall(f"{_explanation(output)}\nThe last words of pip:\n{_tail(output)}")


def _explanation(output: str) -> str:
    signs_of_silence = ["Connection", "timed out", "(from versions: none)"]
    if any(sign in output for sign in signs_of_silence):
        return (
            "The package index did not answer. Is there a network? Behind a proxy or a mirror, set "
            "HTTPS_PROXY or PIP_INDEX_URL; what was downloaded so far is kept."
        )
    if "DO NOT MATCH THE HASHES" in output:
        return "A downloaded package differs from the one we locked. Nothing of it was installed."
    if "No space left" in output:
        return "The disk is full."
    if "No matching distribution" in output:
        return "A package has no wheel for this machine (we know Linux and macOS, x86-64 and ARM)."
    return "pip failed."


def _tail(output: str) -> str:
    lines = [line for line in output.splitlines() if line.strip() and "WARNING" not in line]
    return "\n".join(f"  {line}" for line in lines[-8:])


def _text(output: "bytes | str | None") -> str:
    return output.decode(errors="replace") if isinstance(output, bytes) else output or ""


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def _use_a_suitable_python() -> None:
    """Carry on in a Python that the platform supports, if this one is not."""
    if OLDEST <= sys.version_info[:2] <= NEWEST:
        return
    for minor in range(NEWEST[1], OLDEST[1] - 1, -1):
        found = shutil.which(f"python3.{minor}")
        # The shims of pyenv and the like exist even for a version that is not installed.
        if found and _runs(found):
            os.execv(found, [found, *sys.argv])  # noqa: S606
    raise CannotInstall(
        f"Python 3.{OLDEST[1]} to 3.{NEWEST[1]} is needed; {sys.executable} is "
        f"{sys.version.split()[0]}, and no other was found on PATH.\n"
        "If you have one elsewhere: make PYTHON=/path/to/python3.13 ..."
    )


def _runs(python: str) -> bool:
    nowhere = subprocess.DEVNULL
    return subprocess.call([python, "-c", ""], stdout=nowhere, stderr=nowhere) == 0


def _interrupt(number: int, frame: object) -> None:
    raise KeyboardInterrupt


def main() -> int:
    # So that pip ends with us: subprocess.run sees to it when an exception passes.
    for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(each, _interrupt)
    try:
        _use_a_suitable_python()
        ensure_environment()
    except CannotInstall as problem:
        _say(f"Cannot install: {problem}")
        return 1
    except PermissionError as problem:
        _say(f"Cannot install: {problem}. Does this folder belong to another user?")
        return 1
    except KeyboardInterrupt:
        _say("Stopped. The next make starts again from here.")
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
