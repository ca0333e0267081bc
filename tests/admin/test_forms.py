"""What all forms of the staff have in common: this walks them."""

from __future__ import annotations

import pytest
from django import forms
from django.contrib import admin
from django.contrib.auth.models import User
from django.utils import translation
from unfold.widgets import UnfoldAdminFileFieldWidget

from apps.audit.admin import AuditedAdmin
from apps.core.staff_text import StaffText
from apps.providers.staff.account_forms import SECRET_FIELDS
from apps.sign_in.admin_site import PASSWORD_FIELDS
from tests.factories import ProviderAccountFactory
from tests.sign_in.test_step_up import boss as boss
from tests.sign_in.test_step_up import later  # noqa: F401
from tests.statement_sources.conftest import make_source

pytestmark = pytest.mark.django_db

# Pages of payers and of members, who are no staff.
ELSEWHERE = ("apps.support_tickets.pages", "apps.checkout.pages", "apps.oauth", "apps.sign_in")


def every_form(of=forms.BaseForm):
    for one in of.__subclasses__():
        yield from every_form(one)
        if one.__module__.startswith("apps.") and not one.__module__.startswith(ELSEWHERE):
            yield one


FORMS = sorted(set(every_form()), key=lambda form: f"{form.__module__}.{form.__qualname__}")
FIELDS = [
    (f"{form.__module__}.{form.__qualname__}", name, field)
    for form in FORMS
    # Those of a model are made by its admin.
    for name, field in form.declared_fields.items()
]


def test_no_password_of_a_form_is_carried_or_shown_in_an_error():
    passwords = {
        (form, name)
        for form, name, field in FIELDS
        if isinstance(field.widget, forms.PasswordInput)
    }

    assert len(passwords) >= 2
    assert [one for one in passwords if one[1] not in {*PASSWORD_FIELDS, *SECRET_FIELDS}] == []
    fields = [field for form, name, field in FIELDS if (form, name) in passwords]
    assert {one.widget.attrs.get("autocomplete") for one in fields} == {"new-password"}
    assert {one.widget.render_value for one in fields} == {False}


def test_the_button_of_a_file_speaks_the_readers_language():
    # A browser's own button speaks the browser's.
    files = [
        (form, name, field) for form, name, field in FIELDS if isinstance(field, forms.FileField)
    ]

    assert len(files) > 5
    assert [
        (form, name)
        for form, name, field in files
        if not isinstance(field.widget, UnfoldAdminFileFieldWidget)
    ] == []


def test_a_password_on_the_way_to_a_source_is_typed_again_and_not_carried(later):  # noqa: F811
    source = make_source(ProviderAccountFactory())
    path = f"/admin/statement_sources/statementsource/{source.pk}/connection/"

    answer = later.post(path, {"host": "sftp.example", "password": "s3cret-of-theirs"})

    assert b'name="step_up_asking"' in answer.content
    assert b"sftp.example" in answer.content
    assert b"s3cret-of-theirs" not in answer.content
    assert "no-store" in answer["Cache-Control"]


@pytest.mark.parametrize("language", ["fr", "en"])
def test_no_two_entries_of_the_menu_have_one_name(rf, db, language):
    request = rf.get("/")
    request.user = User.objects.create_superuser("awa")

    with translation.override(language):
        groups = admin.site.get_sidebar_list(request)
        names = [str(item["title"]) for group in groups for item in group["items"]]

    assert sorted(names) == sorted(set(names))


# --- What is written


def is_free_text(field):
    return type(field) in {forms.CharField, StaffText} and not isinstance(
        field.widget, forms.PasswordInput | forms.HiddenInput
    )


def test_what_nobody_sees_is_kept_by_no_form_of_the_staff(rf, db):
    request = rf.get("/")
    request.user = User.objects.create_superuser("awa")
    typed = [*FIELDS]
    for model, its_admin in admin.site._registry.items():
        if isinstance(its_admin, AuditedAdmin):
            form = its_admin.get_form(request, change=False)
            typed += [(model._meta.label, *each) for each in form.base_fields.items()]

    free = [(form, name, field) for form, name, field in typed if is_free_text(field)]

    assert len(free) > 60
    assert [(form, name) for form, name, field in free if not isinstance(field, StaffText)] == []


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("Awa\u200b Ndiaye", "Awa Ndiaye"),
        ("\u202eawA\u202c", "awA"),
        ("Awa\x00\x1b[31m", "Awa[31m"),
        ("Awa\nNdiaye", "Awa Ndiaye"),
        ("\ufeffAwa\u00ad", "Awa"),
        ("\u0639\u200c\u0645", "\u0639\u200c\u0645"),
        ("\U0001f469\u200d\U0001f33e", "\U0001f469\u200d\U0001f33e"),
        ("A  B", "A  B"),
    ],
    ids=range(8),
)
def test_a_line_is_kept_as_it_is_read(typed, kept):
    assert StaffText().clean(typed) == kept


@pytest.mark.parametrize("typed", ["\u200b", "\u3164", " \u2060 ", "\u200d", "\x00"], ids=range(5))
def test_what_shows_nothing_was_not_filled_in(typed):
    with pytest.raises(forms.ValidationError) as refused:
        StaffText().clean(typed)

    assert refused.value.code in {"required", "null_characters_not_allowed"}
    assert StaffText(required=False).to_python(typed) in ("", typed)


def test_the_lines_of_a_message_stay():
    field = StaffText(widget=forms.Textarea)

    assert field.clean("One\r\n\u202eTwo\n\n\tThree") == "One\nTwo\n\n\tThree"
