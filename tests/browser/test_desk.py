"""The desk of disputes: the lists, a dispute in each of its states, and a decision asked for."""

from __future__ import annotations

from io import BytesIO

import pytest
from django.contrib.auth.models import User
from django.urls import reverse
from django.utils import timezone
from PIL import Image

from apps.disputes.models import Dispute
from apps.disputes.services.add_evidence import NewFile, add_evidence
from tests.browser.conftest import LANGUAGES
from tests.browser.rows import make_every_row, rows_of_each_state

pytestmark = pytest.mark.django_db(transaction=True)
DESK = reverse("staff-disputes")


def answer(dispute):
    drawn = BytesIO()
    Image.new("RGB", (8, 8)).save(drawn, "PNG")
    add_evidence(
        dispute_id=dispute.pk,
        texts={"explanation": "Livré à la porte.\n" + "https://suivi.example/" + "0" * 80},
        files=[NewFile("reçu-" + "0" * 60 + ".png", drawn.getvalue())],
        now=timezone.now(),
    )


@LANGUAGES
def test_the_desk_of_disputes_is_made_with_care(reader, language):
    make_every_row([])
    answer(Dispute.objects.order_by("pk").last())
    make_every_row([Dispute])
    Dispute.objects.filter(pk=Dispute.objects.first().pk).update(
        network="card", stage="chargeback", reason_code="13.1"
    )
    window = reader(language, User.objects.create_superuser("fanta", password="secret"))

    window.open(DESK)
    window.look()
    window.open(f"{DESK}?show=waiting")
    window.look(is_first=False)
    rows = [*rows_of_each_state(Dispute), Dispute.objects.order_by("pk").last()]
    for number, dispute in enumerate(rows):
        window.open(reverse("staff-dispute", args=[dispute.pk]))
        window.look(is_first=number < 2)
    waiting = reverse("staff-dispute", args=[rows[-1].pk])
    window.open(waiting)
    window.post(waiting, {"act": "decide", "decide-outcome": "partly_lost"})
    window.look(is_first=False)

    assert not window.problems, "\n".join(window.problems)
