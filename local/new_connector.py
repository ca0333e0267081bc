"""`make connector NAME=x`: a new connector that keeps the contract, for you to make it the rail's.

Its folder is a copy of connector_template under its own name; its line goes into CODES.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TEMPLATE = ROOT / "local" / "connector_template"
CONNECTORS = Path("apps") / "providers" / "connectors"

# As provider accounts keep it, and as Python and URLs take it.
CODE = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
CODE_LENGTH_MAX = 32

NEXT = """\
{folder} keeps the contract against its own simulator. Now:
  1. write the provider's protocol down in README.md, with its sources
  2. change mapping.py, connector.py, statement.py and simulator.py until they speak it
  3. make one T=tests/architecture/test_connectors.py ARGS='-k {code}'
  4. make openapi sdk: the API's description names every provider
"""


class UnusableName(Exception):
    """Why there can be no connector of this name."""


def lay_out(code: str, root: Path = ROOT) -> Path:
    """Make the folder and write the line; returns the folder.

    Raises UnusableName, before anything is written.
    """
    folder = root / CONNECTORS / code
    listed = root / CONNECTORS / "__init__.py"
    if not CODE.fullmatch(code) or len(code) > CODE_LENGTH_MAX:
        raise UnusableName(
            f"NAME={code}: lower-case letters, digits and _, at most {CODE_LENGTH_MAX} characters"
        )
    if folder.exists():
        raise UnusableName(f"NAME={code}: there is one already")
    shutil.copytree(TEMPLATE, folder, ignore=shutil.ignore_patterns("__pycache__"))
    words = [word.capitalize() for word in code.split("_")]
    for path in folder.rglob("*.*"):
        text = path.read_text()
        for old, new in (
            ("new_rail", code),
            ("NewRail", "".join(words)),
            ("New Rail", " ".join(words)),
        ):
            text = text.replace(old, new)
        path.write_text(text)
    listed.write_text(listed.read_text().replace("\n)\n", f'\n    "{code}",\n)\n', 1))
    # A longer name breaks lines elsewhere.
    for arguments in (["check", "--select", "I", "--fix"], ["format"]):
        command = [sys.executable, "-m", "ruff", *arguments, "--quiet", str(folder)]
        subprocess.run(command, cwd=root, check=True)
    return folder


def main() -> int:
    try:
        (code,) = sys.argv[1:]
    except ValueError:
        print("make connector NAME=wave_money", file=sys.stderr)
        return 2
    try:
        folder = lay_out(code)
    except UnusableName as problem:
        print(problem, file=sys.stderr)
        return 1
    print(NEXT.format(folder=folder.relative_to(ROOT), code=code), end="")
    return 0


if __name__ == "__main__":
    sys.exit(main())
