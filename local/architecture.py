"""Draw the picture of docs/architecture.md from the import rules of pyproject.toml."""

from __future__ import annotations

import sys
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "architecture.md"
BEGIN, END = "```mermaid\n", "```\n"


@dataclass(frozen=True, slots=True)
class Room:
    """An app. One that is planned has no folder yet."""

    name: str
    is_planned: bool


def layers(root: Path = ROOT) -> list[list[Room]]:
    """The rooms of the house, the highest layer first: a room may import those below it."""
    rules = tomllib.loads((root / "pyproject.toml").read_text())["tool"]["importlinter"]
    (house,) = [rule for rule in rules["contracts"] if rule.get("containers") == ["apps"]]
    return [
        [_room(name.strip(" ()"), root) for name in layer.split("|")] for layer in house["layers"]
    ]


def picture(house: Sequence[Sequence[Room]]) -> str:
    """The layers as a Mermaid flowchart."""
    lines = ["flowchart TB", "    config"]
    above = "config"
    for number, rooms in enumerate(house, start=1):
        below = f"layer{number}"
        lines.append(f'    subgraph {below}[" "]')
        lines += [f"        {room.name}{':::planned' if room.is_planned else ''}" for room in rooms]
        lines += ["    end", f"    {above} --> {below}"]
        above = below
    lines.append("    classDef planned stroke-dasharray: 4")
    return "".join(f"{line}\n" for line in lines)


def with_picture(page: str, drawn: str) -> str:
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}{drawn}{END}{after}"


def _room(name: str, root: Path) -> Room:
    return Room(name, is_planned=not (root / "apps" / name / "__init__.py").exists())


def main() -> int:
    PAGE.write_text(with_picture(PAGE.read_text(), picture(layers())))
    return 0


if __name__ == "__main__":
    sys.exit(main())
