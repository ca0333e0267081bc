from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from apps.approvals.rules.actions import person
from apps.statement_formats.models import StatementProfile
from apps.statement_formats.services.activate_approved_version import activate_approved_version
from tests.factories import ProviderAccountFactory
from tests.statement_formats.files import TABLE


@pytest.fixture
def account(db):
    return ProviderAccountFactory(label="MTN Cameroun")


@pytest.fixture
def make_profile(account):
    """A profile with one version that two people agreed on; of all accounts, if `is_shared`."""

    def make(layout=TABLE, *, name="Portail", is_shared=False):
        profile = StatementProfile.objects.create(
            name=name,
            connector=account.connector,
            provider_account=None if is_shared else account,
            created_at=timezone.now(),
        )
        if layout:
            activate(profile, layout)
        return profile

    return make


def activate(profile, layout, after_number=0):
    """The next version, as the approval room makes it."""
    return activate_approved_version(
        {"profile_id": str(profile.pk), "after_number": after_number, "layout": layout},
        requested_by=person(User.objects.get_or_create(username="awa")[0].pk),
        approved_by=person(User.objects.get_or_create(username="binta")[0].pk),
        reason="new export",
        now=timezone.now(),
    )
