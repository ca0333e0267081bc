from pathlib import Path

import pytest

from local import bootstrap
from local.bootstrap import CannotInstall, ensure_environment


@pytest.fixture
def checkout(empty_folder, monkeypatch) -> Path:
    """A checkout in which making and filling an environment is only noted down."""
    (empty_folder / "requirements").mkdir()
    (empty_folder / "requirements" / "dev.txt").write_text("one==1\n")

    def make(folder: Path) -> None:
        (folder / "bin").mkdir(parents=True, exist_ok=True)
        (folder / "bin" / "python").touch()
        for mark in (".installing", ".installed"):
            (folder / mark).unlink(missing_ok=True)
        note(empty_folder, "made")

    monkeypatch.setattr(bootstrap, "_make_environment", make)
    monkeypatch.setattr(bootstrap, "_pip_install", lambda *_: note(empty_folder, "installed"))
    return empty_folder


def note(checkout: Path, line: str) -> None:
    with (checkout / "notes").open("a") as notes:
        notes.write(line + "\n")


def notes(checkout: Path) -> list[str]:
    return (checkout / "notes").read_text().split()


def test_the_environment_is_made_once(checkout):
    assert ensure_environment(checkout)
    assert not ensure_environment(checkout)

    assert notes(checkout) == ["made", "installed"]


def test_a_changed_lock_is_installed_into_the_same_environment(checkout):
    ensure_environment(checkout)
    (checkout / "requirements" / "dev.txt").write_text("one==2\n")

    assert ensure_environment(checkout)

    assert notes(checkout) == ["made", "installed", "installed"]


def test_another_python_makes_the_environment_anew(checkout):
    ensure_environment(checkout)
    stamp = checkout / ".venv" / ".installed"
    stamp.write_text(stamp.read_text().split()[0] + " 3.9\n")

    assert ensure_environment(checkout)

    assert notes(checkout) == ["made", "installed", "made", "installed"]


def test_an_interrupted_installation_is_begun_anew(checkout, monkeypatch):
    def interrupted(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(bootstrap, "_pip_install", interrupted)
        with pytest.raises(KeyboardInterrupt):
            ensure_environment(checkout)

    assert ensure_environment(checkout)
    assert notes(checkout) == ["made", "made", "installed"]


@pytest.mark.parametrize(
    ("said", "explained"),
    [
        ("NewConnectionError: [Errno 101] Network is unreachable", "Is there a network?"),
        ("ERROR: THESE PACKAGES DO NOT MATCH THE HASHES", "differs from the one we locked"),
        ("OSError: [Errno 28] No space left on device", "disk is full"),
        ("ERROR: No matching distribution found for uv", "no wheel for this machine"),
    ],
)
def test_what_pip_says_is_explained(said, explained):
    assert explained in bootstrap._explanation(said)


def test_an_unsupported_python_is_named(monkeypatch):
    monkeypatch.setattr(bootstrap, "OLDEST", (3, 98))
    monkeypatch.setattr(bootstrap, "NEWEST", (3, 99))

    with pytest.raises(CannotInstall, match=r"Python 3\.98 to 3\.99 is needed"):
        bootstrap._use_a_suitable_python()
