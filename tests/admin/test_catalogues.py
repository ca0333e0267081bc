"""The .mo files in git are what msgfmt would make of the .po files, and nothing is untranslated."""

from __future__ import annotations

import ast
import gettext
import re
from pathlib import Path

import pytest
from django.conf import settings
from django.utils.translation.template import templatize

ROOT = Path(settings.BASE_DIR)
LANGUAGES = ["fr", "en"]
FUNCTIONS = {
    "_",
    "gettext",
    "gettext_lazy",
    "gettext_noop",
    "ngettext",
    "ngettext_lazy",
    "pgettext_lazy",
}
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|%[sd]|\{\}")


def folder(language):
    return ROOT / "locale" / language / "LC_MESSAGES"


def read_po(language):
    """Message -> translations (one, or one for each plural form)."""
    found: dict[str, list[str]] = {}
    text = (folder(language) / "django.po").read_text()
    assert not re.search(r"^#,.*fuzzy", text, re.MULTILINE)
    for block in text.split("\n\n"):
        parts: dict[str, str] = {}
        name = ""
        for line in block.splitlines():
            if line.startswith("#"):
                continue
            if not line.startswith('"'):
                name, _, line = line.partition(" ")
                parts[name] = ""
            parts[name] += ast.literal_eval(line)
        if "msgid" in parts:
            context = f"{parts['msgctxt']}\x04" if "msgctxt" in parts else ""
            found[context + parts["msgid"]] = [
                v for k, v in parts.items() if k.startswith("msgstr")
            ]
    return found


def read_mo(language):
    with (folder(language) / "django.mo").open("rb") as file:
        catalogue = gettext.GNUTranslations(file)._catalog
    found: dict[str, list[str]] = {}
    for key, translation in sorted(catalogue.items(), key=str):
        found.setdefault(key[0] if isinstance(key, tuple) else key, []).append(translation)
    return found


def messages_of_the_code():
    """Every message that Python files and templates ask for."""
    sources = [(path, path.read_text()) for path in (ROOT / "config").rglob("*.py")]
    sources += [
        (path, path.read_text())
        for path in (ROOT / "apps").rglob("*.py")
        if "tests" not in path.parts and "migrations" not in path.parts
    ]
    templates = [*(ROOT / "templates").rglob("*.html"), *(ROOT / "apps").rglob("*.html")]
    # Django turns a template into calls of gettext, for xgettext to read; we read them too.
    sources += [(path, _calls(templatize(path.read_text()))) for path in templates]
    for path, source in sources:
        for node in ast.walk(ast.parse(source)):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Name)
                and node.func.id in FUNCTIONS
                and node.args
                and isinstance(node.args[0], ast.Constant)
            ):
                yield path.name, "\x04".join(str(one.value) for one in node.args[: _texts(node)])


def _texts(node):
    """How many of a call's first arguments make the message's key."""
    return 2 if node.func.id.startswith("pgettext") else 1


def _calls(text):
    found = re.findall(r"""\b(n?gettext|_)\((u?'(?:[^'\\]|\\.)*'|u?"(?:[^"\\]|\\.)*")""", text)
    return "\n".join(f"{name}({message})" for name, message in found)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_compiled_catalogue_is_that_of_the_text(language):
    written, compiled = read_po(language), read_mo(language)
    written.pop("")
    compiled.pop("")

    assert compiled == written, "run: make messages"


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_message_is_translated(language):
    written = read_po(language)
    asked = {(name, message) for name, message in messages_of_the_code()}

    missing = sorted((name, message) for name, message in asked if message not in written)
    empty = [message for message, translations in written.items() if not all(translations)]

    assert len(asked) > 300
    assert not missing, "run: make messages, then translate"
    assert not empty


@pytest.mark.parametrize("language", LANGUAGES)
def test_translations_keep_their_placeholders(language):
    written = read_po(language)
    written.pop("")

    for message, translations in written.items():
        for translation in translations:
            assert sorted(PLACEHOLDER.findall(translation)) == sorted(PLACEHOLDER.findall(message))
