"""One more connector is its folder and one line: a house is copied, and one is laid out in it."""

import subprocess
import sys
from pathlib import Path

import pytest

from local import metrics
from local.new_connector import CODE_LENGTH_MAX, CONNECTORS, UnusableName, lay_out
from tests.nested import environment_without_servers

CODE = "kori_pay"


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    return metrics.copy_of_the_house(tmp_path_factory.mktemp("copy") / "house")


@pytest.fixture(scope="module")
def cost(house):
    return metrics.connector_cost(house, CODE)


def run(house, *arguments):
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=house,
        env=environment_without_servers(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_it_is_its_folder_and_one_line(cost):
    assert cost.changed_files == [CONNECTORS / "__init__.py"]
    assert cost.changed_lines == 1


@pytest.mark.usefixtures("cost")
def test_it_keeps_the_contract_against_its_own_simulator(house):
    said = run(
        house,
        *("-m", "pytest", "-n0", "-q", "-p", "no:cacheprovider", "-k", f"{CODE} or folder"),
        *("tests/architecture/test_connectors.py", str(CONNECTORS / CODE)),
    )

    assert "passed" in said
    assert "skipped" not in said


@pytest.mark.usefixtures("cost")
def test_it_passes_lint_and_the_import_rules(house):
    folder = str(CONNECTORS / CODE)

    run(house, "-m", "ruff", "check", "--no-cache", folder)
    run(house, "-m", "ruff", "format", "--no-cache", "--check", folder)
    run(house, str(Path(sys.executable).parent / "lint-imports"), "--no-cache")


@pytest.mark.usefixtures("cost")
def test_nothing_of_the_template_is_left_in_it(house):
    left = [
        path
        for path in (house / CONNECTORS / CODE).rglob("*.*")
        if path.suffix in {".py", ".md"}
        and any(word in path.read_text() for word in ("new_rail", "NewRail", "New Rail"))
    ]

    assert left == []


@pytest.mark.usefixtures("cost")
@pytest.mark.parametrize(
    "code", ["", "Kori", "9kori", "kori-pay", "../kori", "x" * (CODE_LENGTH_MAX + 1), CODE]
)
def test_an_unusable_name_changes_nothing(house, code):
    listed = (house / CONNECTORS / "__init__.py").read_text()

    with pytest.raises(UnusableName):
        lay_out(code, house)

    assert (house / CONNECTORS / "__init__.py").read_text() == listed
