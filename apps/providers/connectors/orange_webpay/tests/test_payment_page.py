import json
import re
import threading
from concurrent.futures import ThreadPoolExecutor
from html.parser import HTMLParser

import pytest
import urllib3

from .bench import PAYER, approve, otp, submit, until


def page(url):
    answer = urllib3.request("GET", url, redirect=False)
    return answer.status, answer.data.decode()


@pytest.fixture
def request_and_url(connector, shop):
    request = shop.request()
    return request, connector.collect(request).next_action.url


def test_page_shows_merchant_amount_and_order_in_french(request_and_url):
    status, text = page(request_and_url[1])

    assert status == 200
    assert '<html lang="fr">' in text
    assert "Boutique &lt;Étoile&gt;" in text
    assert "1\u202f500\u00a0FCFA" in text


def test_page_speaks_english_when_the_shop_asked(connector, shop):
    url = connector.collect(shop.request(language="en")).next_action.url

    assert '<html lang="en">' in page(url)[1]
    assert '<html lang="fr">' in page(f"{url}?lang=fr")[1]


def test_page_loads_nothing_and_runs_nothing(request_and_url):
    answer = urllib3.request("GET", request_and_url[1])

    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert not re.search(r"<script|src=|url\(|@import|href=\"http", answer.data.decode())


class Fields(HTMLParser):
    def __init__(self):
        super().__init__()
        self.labelled, self.inputs, self.ids = set(), set(), set()
        self.described = set()

    def handle_starttag(self, tag, attributes):
        values = dict(attributes)
        self.ids.add(values.get("id"))
        self.described.update((values.get("aria-describedby") or "").split())
        if tag == "label":
            self.labelled.add(values["for"])
        if tag == "input":
            self.inputs.add(values["id"])


@pytest.mark.parametrize("wrong", [False, True])
def test_every_field_has_a_label_and_its_descriptions_exist(request_and_url, wrong):
    url = request_and_url[1]
    text = submit(url, phone="1", code="1").data.decode() if wrong else page(url)[1]

    fields = Fields()
    fields.feed(text)

    assert fields.inputs == fields.labelled == {"phone", "code"}
    assert fields.described <= fields.ids


def test_yes_goes_back_to_the_shop_and_tells_it(simulator, shop, request_and_url):
    answer = approve(request_and_url[1])

    assert (answer.status, answer.headers["location"]) == (303, f"{shop.url}/thanks")
    assert shop.statuses(1) == ["SUCCESS"]
    txnid = json.loads(shop.heard[0][1])["txnid"]
    assert re.fullmatch(r"MP\d{6}\.\d{4}\.[A-Z]\d{5}", txnid)
    assert simulator.book()[0]["party"] == PAYER


def test_no_goes_back_to_the_cart_and_tells_the_shop(shop, request_and_url):
    answer = submit(request_and_url[1], decision="refuse")

    assert (answer.status, answer.headers["location"]) == (303, f"{shop.url}/cart")
    assert shop.statuses(1) == ["FAILED"]


def test_expiry_goes_back_to_the_cart_and_is_told_to_nobody(simulator, shop, request_and_url):
    answer = submit(request_and_url[1], decision="expire")

    assert (answer.status, answer.headers["location"]) == (303, f"{shop.url}/cart")
    assert simulator.book()[0]["status"] == "EXPIRED"
    assert shop.heard == []


@pytest.mark.parametrize(
    ("phone", "code", "words"),
    [
        ("690000001", "", "Ce n’est pas le code"),
        ("690000001", "not a code", "Ce n’est pas le code"),
        ("12", "", "Entrez un numéro"),
        ('"><script>', "", "&quot;&gt;&lt;script&gt;"),
    ],
)
def test_wrong_field_is_explained_and_decides_nothing(
    simulator, request_and_url, phone, code, words
):
    answer = submit(request_and_url[1], phone=phone, code=code)

    assert answer.status == 422
    assert words in answer.data.decode()
    assert simulator.book()[0]["status"] == "INITIATED"


def test_number_and_code_may_be_typed_with_spaces(simulator, request_and_url):
    url = request_and_url[1]
    code = otp(url)

    submit(url, phone="+237 690 00-00-01", code=code)

    assert " " in code
    assert simulator.book()[0]["party"] == "237690000001"


@pytest.mark.parametrize(
    ("decision", "status", "words"),
    [
        ("approve", 200, "Paiement effectué"),
        ("refuse", 200, "Paiement refusé"),
        ("expire", 410, "Page expirée"),
    ],
)
def test_second_decision_changes_nothing(simulator, shop, request_and_url, decision, status, words):
    url = request_and_url[1]
    code = otp(url)
    submit(url, decision=decision, phone=PAYER, code=code)
    booked = simulator.book()

    again = submit(url, decision="approve", phone=PAYER, code=code)

    assert again.status == status
    assert words in page(url)[1]
    assert simulator.book() == booked


def test_twenty_decisions_at_once_are_one_payment(simulator, connector, shop):
    urls = [connector.collect(shop.request()).next_action.url for _ in range(5)]

    for url in urls:
        code, start = otp(url), threading.Barrier(20)

        def pay(url=url, code=code, start=start):
            start.wait()
            return submit(url, phone=PAYER, code=code).status

        with ThreadPoolExecutor(20) as pool:
            answers = [future.result() for future in [pool.submit(pay) for _ in range(20)]]
        assert sorted(answers) == [200] * 19 + [303]

    assert shop.statuses(5) == ["SUCCESS"] * 5
    assert [row["times_executed"] for row in simulator.book()] == [1] * 5


def test_unknown_page_says_so(simulator):
    url = f"{simulator.root}/orange_webpay/payment/pay_token/v1nobody"

    assert page(url)[0] == submit(url, decision="approve").status == 404
    assert "Unknown page" in page(f"{url}?lang=en")[1]


def test_payer_who_pays_by_himself_needs_no_page(simulator, connector, shop):
    simulator.settings(auto_approve_after_s=0.1)
    result = connector.collect(shop.request())

    status, text = page(result.next_action.url)

    assert (status, "En attente de votre accord" in text) == (200, True)
    assert submit(result.next_action.url, decision="refuse").status == 200
    assert shop.statuses(1) == ["SUCCESS"]
    assert until(lambda: simulator.book()[0]["times_executed"]) == 1
