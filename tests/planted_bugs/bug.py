"""A bug as data: what one wrong piece of code breaks, and which tests have to see it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


class DoesNotApply(Exception):
    """The code is not there any more, or in more than one place: the bug has to be written anew."""


@dataclass(frozen=True, slots=True)
class Bug:
    """`name`: what is wrong with it, as whoever loses money would say. In `path` stands `code`,
    once; it becomes `becomes`. `tests`: files of tests, or single ones, of which one has to fail.
    """

    name: str
    path: str
    code: str
    becomes: str
    tests: tuple[str, ...]

    def plant(self, tree: Path) -> None:
        """Write it into a copy of the tree.

        Raises:
            DoesNotApply.
        """
        path = tree / self.path
        text = path.read_text() if path.exists() else ""
        count = text.count(self.code)
        if count != 1:
            raise DoesNotApply(f"{self.path} has {count} times {self.code!r}")
        path.write_text(text.replace(self.code, self.becomes))
