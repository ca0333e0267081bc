"""What the reference shows to be copied can be: in each language, with nothing left to guess."""

from __future__ import annotations

import re
import shutil
import subprocess

import pytest

from apps.documentation.reference import read_reference

SAMPLES = {
    language: [
        (operation.id, sample.code)
        for group in read_reference("en")
        for operation in group.operations
        for sample in operation.samples
        if sample.language == language
    ]
    for language in ("curl", "Python", "JavaScript", "PHP")
}
# How a language's own reader takes them all at once, each apart from the others.
READERS = {
    "curl": ("samples.sh", ["sh", "-n"], "{}"),
    "JavaScript": ("samples.mjs", ["node", "--check"], "{{\n{}\n}}"),
    "PHP": ("samples.php", ["php", "-l"], "<?php\n{}\n?>"),
}


@pytest.mark.parametrize("language", SAMPLES)
def test_no_place_of_an_id_is_left_open(language):
    addresses = {name: re.findall(r'"(http[^"]+)"', code)[0] for name, code in SAMPLES[language]}

    assert addresses
    # curl reads braces as words of its own.
    assert [name for name, address in addresses.items() if "{" in address] == []


@pytest.mark.parametrize("language", READERS)
def test_a_sample_is_of_its_language(language, tmp_path):
    name, command, frame = READERS[language]
    if shutil.which(command[0]) is None:
        pytest.skip(f"{command[0]} is not installed")
    file = tmp_path / name
    file.write_text("\n".join(frame.format(code) for _, code in SAMPLES[language]))

    read = subprocess.run(
        [*command, str(file)], capture_output=True, text=True, timeout=60, check=False
    )

    assert read.returncode == 0, read.stdout + read.stderr


def test_a_sample_in_python_is_python():
    for name, code in SAMPLES["Python"]:
        compile(code, name, "exec")
