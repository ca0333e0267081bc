"""A provider account is asked for and approved, and so are its new credentials: each page of it."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.urls import reverse

from apps.approvals.models import ApprovalRequest
from apps.core.public_ids import new_id
from tests.browser.conftest import LANGUAGES_OF_WORK
from tests.providers.test_open_account import WAVE, wave_account

pytestmark = pytest.mark.django_db(transaction=True)

NEW = reverse("staff-open-provider-account")


@LANGUAGES_OF_WORK
def test_an_account_is_opened_and_given_new_credentials(reader, language):
    account = wave_account()
    window = reader(language, User.objects.create_superuser("fanta", password="secret"))

    window.open(NEW)
    window.look()
    window.open(f"{NEW}?connector=wave")
    window.look()
    # Of one operation: a field that is posted so has one value.
    said = {**WAVE, "operations": "collect", "account_id": str(new_id())}
    window.post(f"{NEW}?connector=wave", {**said, "credential_api_key": "", "timezone": "x"})
    window.look()
    window.post(f"{NEW}?connector=wave", said)
    request = ApprovalRequest.objects.get()
    window.open(reverse("admin:approvals_approvalrequest_change", args=[request.pk]))
    window.look()
    window.open(reverse("staff-provider-credentials", args=[account.pk]))
    window.look()
    window.open(reverse("admin:providers_provideraccount_change", args=[account.pk]))
    window.look()

    assert not window.problems, "\n".join(window.problems)
