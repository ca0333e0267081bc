"""Whoever an alert has woken finds what to do, in both languages."""

import re

import pytest

from apps.monitoring.admin.runbook import read_runbook
from apps.monitoring.rules.sources import alert_sources
from tests.docs.pages import read

PAGES = {"en": "docs/guides/monitoring.md", "fr": "docs/guides/monitoring.fr.md"}


@pytest.mark.parametrize("language", PAGES)
def test_every_rule_has_its_runbook(language):
    page = read(PAGES[language])
    sections = dict(re.findall(r"^### (\w+)\n(.*?)(?=^###? |\Z)", page, re.MULTILINE | re.DOTALL))

    assert set(sections) == set(alert_sources())
    assert all(len(text.split()) > 10 for text in sections.values())


@pytest.mark.parametrize("language", PAGES)
def test_every_link_within_it_has_its_anchor(language):
    shown = read_runbook(language)
    anchors = set(re.findall(r'id="([^"]+)"', shown))

    assert set(re.findall(r'href="#([^"]+)"', shown)) <= anchors
    assert set(alert_sources()) <= anchors
