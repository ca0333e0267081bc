"""Of many tickets the few are found at the price of the few."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from apps.core.public_ids import new_id_at
from apps.support_tickets.models import Ticket
from apps.support_tickets.rules.author import Author
from apps.support_tickets.services.open_ticket import TicketOrder, open_ticket
from tests.admin.conftest import login  # noqa: F401 (a fixture)
from tests.api.conftest import Shop
from tests.query_plans import plan_of, rows_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("new_tables")]

LIST = "/admin/support_tickets/ticket/"
COUNT = 2_000


@pytest.fixture
def shop(db):
    return Shop()


@pytest.fixture
def many(new_tables, shop, agent):
    """Tickets of this shop, all done and all alike but the oldest three, and one that is not done;
    the instants of the first and the last."""
    order = TicketOrder(
        requester_kind="merchant",
        merchant_id=shop.merchant.pk,
        livemode=False,
        language="fr",
        subject="Debited",
        body="And the order says unpaid.",
        category="other",
    )
    begun = timezone.now() - timedelta(days=1)
    first = open_ticket(order, author=Author("merchant", "key"), channel="api", now=begun)
    same = {
        field.attname: getattr(first, field.attname)
        for field in Ticket._meta.local_concrete_fields
        if field.attname != "number"
    }
    differs = [{"category": "wrong_number"}, {"status": "resolved"}, {"requester_kind": "staff"}]
    tickets = []
    for number, own in enumerate([*differs, *[{}] * COUNT]):
        at = begun + timedelta(seconds=number + 1)
        fields = {**same, "status": "closed", **own, "id": new_id_at(at), "created_at": at}
        tickets.append(Ticket(**fields))
    Ticket.objects.bulk_create(tickets)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE support_tickets_ticket")
    return begun, at


def rows_read(ask):
    with CaptureQueriesContext(connection) as sent:
        answer = ask()
    assert answer.status_code == 200
    statements = [one["sql"] for one in sent if 'FROM "support_tickets_ticket"' in one["sql"]]
    assert statements
    return answer, sum(rows_of(plan_of(one), "support_tickets_ticket") for one in statements)


QUERIES = (
    {},
    {"queue": "all", "category__exact": "wrong_number"},
    {"status__exact": "resolved"},
    {"queue": "all", "requester_kind__exact": "staff"},
)


def test_a_filter_of_the_desk_reads_what_it_shows(many, login):  # noqa: F811
    desk = login("support_tickets.view_ticket")

    for query in QUERIES:
        answer, count = rows_read(lambda asked=query: desk.get(LIST, asked))

        assert len(answer.context["cl"].result_list) == 1, query
        assert count < 20, query


def test_a_merchants_list_ends_where_its_dates_do(many, shop):
    begun, last = many
    first, final = (begun + timedelta(milliseconds=1)).isoformat(), last.isoformat()

    for dates in ({"created_after": final}, {"created_before": first}):
        for more in ({}, {"status": "new,closed"}):
            asked = {**dates, **more}
            answer, count = rows_read(lambda asked=asked: shop.get("/api/v1/tickets", **asked))

            assert len(answer.json()["data"]) == 1, asked
            assert count < 20, asked
