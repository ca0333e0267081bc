"""Whoever finds a weakness is told whom to write to: the operator, whoever that is."""

from datetime import UTC, datetime

import pytest
from django.test import Client

PATH = "/.well-known/security.txt"


@pytest.mark.django_db
def test_the_operators_contact_is_published(settings):
    settings.SECURITY_CONTACT = "mailto:security@pay.example"

    answer = Client().get(PATH)

    fields = dict(line.split(": ", 1) for line in answer.content.decode().splitlines())
    assert answer["Content-Type"] == "text/plain; charset=utf-8"
    assert fields["Contact"] == "mailto:security@pay.example"
    assert fields["Canonical"].endswith(PATH)
    assert datetime.fromisoformat(fields["Expires"]) > datetime.now(UTC)


@pytest.mark.django_db
def test_without_a_contact_there_is_no_such_page(settings):
    settings.SECURITY_CONTACT = ""

    assert Client().get(PATH).status_code == 404
