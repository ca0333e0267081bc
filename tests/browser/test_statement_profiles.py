"""A statement profile: its page, a layout tried on a file, in both languages and widths."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.urls import reverse

from tests.browser.conftest import LANGUAGES_OF_WORK
from tests.statement_formats.conftest import account, make_profile
from tests.statement_formats.files import LINE, table

__all__ = ["account", "make_profile"]

pytestmark = pytest.mark.django_db(transaction=True)

LINES = [
    LINE,
    LINE.replace("a1;T1", "2.21E+11;T2"),
    LINE.replace("a1;T1;1500", "a3;T3;1,500"),
    LINE.replace("OK", "Attente"),
    "TOTAL;;3000",
]


@LANGUAGES_OF_WORK
def test_a_layout_is_tried_on_a_file_with_care(reader, language, make_profile):
    profile = make_profile()
    window = reader(language, User.objects.create_superuser("fanta", password="secret"))

    window.open(reverse("admin:statement_formats_statementprofile_changelist"))
    window.look()
    window.open(reverse("admin:statement_formats_statementprofile_change", args=[profile.pk]))
    window.look()
    page = reverse("admin:statement_formats_statementprofile_new_version", args=[profile.pk])
    window.open(page)
    window.look()
    file = {"name": "janvier.csv", "mimeType": "text/csv", "buffer": table(*LINES).encode()}
    window.page.set_input_files("input[name=file]", file)
    window.press("form[enctype] .lomi-button-first")
    window.look()

    assert not window.problems, "\n".join(window.problems)
