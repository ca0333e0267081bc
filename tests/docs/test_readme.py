"""The README's walk through the API is executed; its tables are compared with the code."""

from __future__ import annotations

import inspect
import json
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from examples.python import webhook
from local import ports
from tests.docs.pages import READMES, ROOT, Block, blocks, read, rows, section, table

WALK = "## A walk through the API"
# A reader fills this in, or it stands for what differs each time.
ANYTHING = "…"
MARK = "--- block "


def walk() -> list[Block]:
    return blocks(section(read("README.md"), WALK))


def is_run(block: Block) -> bool:
    """Not what a reader has to fill in, nor what works on this checkout's own data."""
    return block.language == "sh" and ANYTHING not in block.text and ".venv/" not in block.text


def agrees(found: Any, shown: Any) -> bool:
    """Whether what was answered is what the README shows; "…" stands for anything."""
    if isinstance(shown, str) and ANYTHING in shown:
        pattern = ".*".join(map(re.escape, shown.split(ANYTHING)))
        return shown == ANYTHING or (
            isinstance(found, str) and re.fullmatch(pattern, found, re.DOTALL) is not None
        )
    if isinstance(shown, dict) and isinstance(found, dict):
        named = shown.keys() - {ANYTHING}
        is_complete = ANYTHING in shown or found.keys() == named
        return is_complete and all(
            name in found and agrees(found[name], shown[name]) for name in named
        )
    if isinstance(shown, list) and isinstance(found, list):
        if shown and shown[-1] == ANYTHING:
            shown, found = shown[:-1], found[: len(shown) - 1]
        return len(found) == len(shown) and all(map(agrees, found, shown))
    return bool(found == shown) and type(found) is type(shown)


@pytest.mark.stack
@pytest.mark.xdist_group("stack")
@pytest.mark.timeout(900)
@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
def test_the_walk_through_the_api_is_true(demo, tmp_path):
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path),
        "LOMI_URL": demo.stack.urls.web,
        "LOMI_KEY": demo.merchant["api_key"],
    }
    # The README's reader has seen `make demo` first.
    live_through_the_story(demo, environment)
    received = tmp_path / "received"
    # The order of webhooks is not promised.
    (told,) = [block.text.splitlines() for block in walk() if block.language == "text"]
    receiver = start_receiver(demo, received)
    try:
        answers = run_walk(environment)
        events = wait_for_events(received, payment_id=answers[0][1]["id"], count=len(told))
    finally:
        receiver.kill()
        receiver.wait()

    comparisons = list(compared(answers))
    assert len(comparisons) == sum(block.language in {"json", "http"} for block in walk())
    for block, shown, found in comparisons:
        assert agrees(found, shown), f"{block}\nanswered\n{found}\nnot\n{shown}"
    assert all(map(agrees, sorted(events), sorted(told))), events
    assert "0 violations" in demo.stack.manage("check_books")


def live_through_the_story(demo, environment):
    script = "sh examples/curl/create_payment.sh {} {} '{}'\n"
    paid, refused = ("order-1001", 1500, "677 00 00 01"), ("order-1002", 2500, "677 90 01 51")
    run(script.format(*paid) + script.format(*refused), environment)
    deadline = time.monotonic() + 120
    balance = 'curl -sS "$LOMI_URL/api/v1/balance" -H "Authorization: Bearer $LOMI_KEY"'
    while '"amount":1470' not in run(balance, environment):
        assert time.monotonic() < deadline, demo.stack.log("worker").read_text()[-3000:]
        time.sleep(0.5)


def start_receiver(demo, output):
    """The README's own command, with this demo's secret and port."""
    (block,) = [block for block in walk() if "webhook.py" in block.text]
    command = block.text.replace("whsec_…", demo.merchant["webhook_secret"]).split()
    name, _, secret = command.pop(0).partition("=")
    assert command == ["python3", "examples/python/webhook.py", "9000"]
    with output.open("w") as printed:
        receiver = subprocess.Popen(
            [sys.executable, command[1], str(demo.receiver_port)],
            cwd=ROOT,
            env={name: secret},
            stdout=printed,
        )
    deadline = time.monotonic() + 120
    while not ports.accepts_connections(demo.receiver_port):
        assert time.monotonic() < deadline, "the receiver does not listen"
        time.sleep(0.05)
    return receiver


def wait_for_events(output: Path, *, payment_id: str, count: int) -> list[str]:
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        events = [line for line in output.read_text().splitlines() if payment_id in line]
        if len(events) >= count:
            return events
        time.sleep(0.2)
    raise AssertionError(f"webhooks are missing:\n{output.read_text()}")


def run(script: str, environment: dict[str, str]) -> str:
    done = subprocess.run(
        ["sh", "-eu", "-c", script],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, f"{script}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def run_walk(environment: dict[str, str]) -> list[tuple[int, Any]]:
    """All blocks in one shell, as a reader has it; the answer of each, by its place in the walk."""
    script = "".join(
        f"echo; echo '{MARK}{place}'\n{block.text}"
        for place, block in enumerate(walk())
        if is_run(block)
    )
    printed = run(script, environment)
    answers = re.findall(rf"^{MARK}(\d+)\n(.*?)(?=^{MARK}|\Z)", printed, re.M | re.S)
    assert len(answers) > 6
    return [(int(place), _read_answer(text)) for place, text in answers]


def _read_answer(text: str) -> Any:
    """The first JSON object, or the text when it begins with something else."""
    if not text.lstrip().startswith("{"):
        return text
    return json.JSONDecoder().raw_decode(text.lstrip())[0]


def compared(answers):
    """Each answer beside what the README shows below its block."""
    shown = walk()
    for place, found in answers:
        below = shown[place + 1] if place + 1 < len(shown) else None
        if below is None or below.language == "sh":
            continue
        if below.language == "json":
            yield shown[place].text, json.loads(below.text), found
        elif below.language == "http":
            lines = {line.strip().lower() for line in found.splitlines()}
            wanted = {line.strip().lower() for line in below.text.splitlines()}
            yield shown[place].text, sorted(wanted), sorted(wanted & lines)


def test_the_first_thing_a_reader_sees_are_the_two_commands():
    first = blocks(read("README.md"))[0]

    assert first == Block("sh", "make demo ARGS=--exit\nmake test\n")


def test_both_languages_show_the_same_code():
    english, french = (blocks(read(page)) for page in READMES)

    assert french == english


def test_the_function_shown_is_the_one_that_runs():
    (shown,) = [block.text for block in walk() if block.language == "python"]

    assert shown == inspect.getsource(webhook.is_genuine)


@pytest.mark.parametrize("page", READMES)
def test_every_variable_the_settings_read_is_explained(page):
    settings = "".join(path.read_text() for path in (ROOT / "config/settings").glob("*.py"))
    wanted = set(re.findall(r"env\.(?:required|optional|integer|flag)\(\s*\"(\w+)\"", settings))
    code = settings + "".join(
        path.read_text() for name in ("config", "local") for path in (ROOT / name).glob("*.py")
    )

    cells = table(section(read(page), "## Configuration"))
    explained = {name for cell in cells for name in cell.split(", ")}

    assert wanted - explained == set()
    assert {name for name in explained if name not in code} == set()


@pytest.mark.parametrize("page", READMES)
def test_every_target_of_make_is_listed(page):
    targets = set(re.findall(r"^([a-z]+):.*## ", read("Makefile"), re.MULTILINE))

    listed = {cell.removeprefix("make").strip() for cell in table(section(read(page), "## Make"))}

    assert listed - {""} == targets - {"help"}


@pytest.mark.parametrize(
    ("page", "heading"), [("README.md", "## The house"), ("README.fr.md", "## La maison")]
)
def test_every_folder_has_its_line(page, heading):
    named = {
        name
        for cells in rows(section(read(page), heading))
        for name in re.findall(r"`([\w/]+)/`", cells[0])
    }
    apps = {f"apps/{path.parent.name}" for path in (ROOT / "apps").glob("*/apps.py")}

    assert apps - named == set()
    assert {name for name in named if not (ROOT / name).is_dir()} == set()
