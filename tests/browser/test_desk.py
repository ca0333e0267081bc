"""The desk of disputes: the lists, a dispute in each of its states, and a decision asked for."""

from __future__ import annotations

from io import BytesIO

import pytest
from django.contrib.auth.models import User
from django.urls import reverse
from django.utils import timezone
from PIL import Image

from apps.approvals.models import ApprovalRequest
from apps.disputes.models import Dispute
from apps.disputes.services.add_evidence import NewFile, add_evidence
from apps.disputes.services.submit_evidence import submit_evidence
from tests.browser.conftest import ALL, LANGUAGES_OF_WORK
from tests.browser.rows import make_every_row, rows_of_each_state
from tests.factories import PaymentFactory

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


@LANGUAGES_OF_WORK
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
    states = rows_of_each_state(Dispute)
    rows = [*(states if ALL else states[:2]), Dispute.objects.order_by("pk").last()]
    for number, dispute in enumerate(rows):
        window.open(reverse("staff-dispute", args=[dispute.pk]))
        window.look(is_first=number < 2)
    waiting = reverse("staff-dispute", args=[rows[-1].pk])
    window.open(waiting)
    window.post(waiting, {"act": "decide", "decide-outcome": "partly_lost"})
    window.look(is_first=False)

    assert not window.problems, "\n".join(window.problems)


@LANGUAGES_OF_WORK
def test_a_dispute_from_its_opening_until_it_is_won(reader, language):
    """One opens it from the payment's page and asks for the decision, another approves it."""
    paid = PaymentFactory(succeeded=True)
    awa, binta = (
        reader(language, User.objects.create_superuser(name, password="secret"))
        for name in ("fanta", "binta")
    )

    awa.open(reverse("admin:payments_payment_change", args=[paid.pk]))
    awa.press(f"a[href='{reverse('admin:disputes_dispute_add')}?payment={paid.public_id}']")
    awa.look()
    awa.page.select_option("#id_reason", "service_not_rendered")
    awa.page.fill("#id_complaint", "Rien n’est arrivé.")
    awa.press(".lomi-card button.lomi-button-first")
    dispute = Dispute.objects.get(payment=paid)
    answer(dispute)
    submit_evidence(dispute_id=dispute.pk, source="api", now=timezone.now())
    awa.open(DESK)
    awa.press(f"a[href='{reverse('staff-dispute', args=[dispute.pk])}']")
    awa.look(is_first=False)
    awa.page.select_option("#id_decide-outcome", "won")
    awa.page.fill("#id_decide-reason", "Livré et signé.")
    awa.press("section form button.lomi-button-first")
    awa.look(is_first=False)
    request = ApprovalRequest.objects.get(target=dispute.public_id)
    approvals = reverse("admin:approvals_approvalrequest_changelist")
    chosen = {"action": "approve", "_selected_action": str(request.pk)}
    binta.open(approvals)
    binta.post(approvals, chosen)
    binta.look(is_first=False)
    binta.press("form button.lomi-button-first")
    binta.open(reverse("staff-dispute", args=[dispute.pk]))
    binta.look(is_first=False)

    dispute.refresh_from_db()
    assert dispute.status == "won"
    assert not awa.problems + binta.problems, "\n".join(awa.problems + binta.problems)
