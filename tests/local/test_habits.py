"""What editors, commits and containers are told is what `make check` and `make` say."""

import configparser
import json
import re
import subprocess
import sys

import pytest
import yaml

from local.bootstrap import NEWEST, OLDEST
from local.check import CHECKS, ROOT

HOOKS = [
    hook
    for repository in yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())["repos"]
    for hook in repository["hooks"]
]


def run(*arguments):
    return subprocess.run(
        [sys.executable, *arguments], cwd=ROOT, capture_output=True, text=True, check=False
    )


def test_the_hooks_are_readable_to_pre_commit():
    done = run("-m", "pre_commit", "validate-config", ".pre-commit-config.yaml")

    assert done.returncode == 0, done.stdout


def test_a_commit_is_checked_by_checks_of_make_check():
    (hook,) = HOOKS
    program, *names = hook["entry"].partition(" -m local.check ")[::2]

    assert program == ".venv/bin/python"
    assert set(names[0].split()) == {"imports", "lint", "format"}
    assert set(names[0].split()) <= CHECKS.keys()


def test_a_check_can_be_run_by_its_name():
    done = run("-m", "local.check", "format")

    assert re.fullmatch(r"format +ok +[\d.]+ s\n", done.stdout)


def test_an_unknown_check_is_refused():
    done = run("-m", "local.check", "fromat")

    assert done.returncode == 2
    assert "fromat" in done.stderr


def test_the_container_has_a_python_that_is_supported_and_is_set_up_by_make():
    container = json.loads((ROOT / ".devcontainer/devcontainer.json").read_text())

    version = re.search(r"python:(\d+)\.(\d+)-", container["image"])
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))

    assert OLDEST <= (int(version[1]), int(version[2])) <= NEWEST
    assert set(re.findall(r"make (\w+)", container["postCreateCommand"])) <= targets


@pytest.mark.parametrize(
    ("files", "setting", "value"),
    [
        ("*.py", "max_line_length", "100"),
        ("*.py", "indent_size", "4"),
        ("Makefile", "indent_style", "tab"),
    ],
)
def test_editors_are_told_the_form_that_is_checked(files, setting, value):
    parser = configparser.ConfigParser()
    parser.read_string("[top]\n" + (ROOT / ".editorconfig").read_text())

    assert parser[files][setting] == value


def test_the_tools_of_a_commit_are_pinned():
    lock = (ROOT / "requirements/dev.txt").read_text()

    for tool in ("pre-commit", "pytest-cov", "ruff", "import-linter"):
        assert re.search(rf"^{tool}==\S+ ", lock, re.MULTILINE), tool
