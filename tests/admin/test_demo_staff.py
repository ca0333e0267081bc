"""What the demo's staff may see."""

import pytest
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.urls import reverse

from apps.orchestration.rules.owners import attempt_owners

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("name", ["finance", "support"])
@pytest.mark.parametrize("owner_type", sorted(attempt_owners()))
def test_who_sees_an_attempt_may_open_what_it_was_made_for(client, name, owner_type):
    call_command("seed_demo")
    client.force_login(get_user_model().objects.get(username=name))

    page = client.get(
        reverse(attempt_owners()[owner_type].admin_page.replace("_change", "_changelist"))
    )

    assert page.status_code == 200
