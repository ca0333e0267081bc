"""The developer's pages: every operation described, nothing stale, every page reachable."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from html.parser import HTMLParser
from urllib.parse import unquote

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver
from django.utils import translation
from drf_spectacular.drainage import GENERATOR_STATS

from apps.core.api.problem_details import CONTENT_TYPE
from apps.documentation import guides, openapi_document, state_diagrams
from apps.documentation.guides import LANGUAGES, NAMES, anchor, guide_file
from apps.documentation.reference import read_reference
from apps.orchestration.transitions import ATTEMPT_MOVES
from apps.payments.rules.representation import PAYMENT_FAILURES
from apps.payments.transitions import PAYMENT_MOVES
from apps.providers.rules.failures import FAILURES
from config import urls
from sdk.python import generate
from tests.docs.pages import ROOT, blocks, read, rows, section, table

# Loaded here, before any test registers a provider of its own, which would be described too.
URLS = urls.urlpatterns
# Served, but no operation: the document itself.
NO_OPERATION = {("get", "/api/v1/openapi.json")}
# Every credential may ask who it is and collect its own successor.
FOR_ANY_CREDENTIAL = {"me_get", "api_keys_successor"}
PAGES = [
    f"/docs/{language}/{page}"
    for language in LANGUAGES
    for page in ["", "reference", *(f"guides/{name}" for name in NAMES)]
]


@pytest.fixture(scope="module")
def document():
    GENERATOR_STATS.reset()
    return openapi_document.build_document()


def routes(patterns, before=""):
    """Every address under /api/v1 with its methods, as the URL resolver has them."""
    for one in patterns:
        path = before + str(one.pattern).lstrip("^")
        if isinstance(one, URLResolver):
            yield from routes(one.url_patterns, path)
        elif isinstance(one, URLPattern) and path.startswith("api/v1/"):
            shown = "/" + re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", path)
            view = getattr(one.callback, "cls", None)
            names = ("get", "post", "put", "patch", "delete")
            methods = [name for name in names if hasattr(view, name)] if view else ["get"]
            yield from ((method, shown) for method in methods)


def operations(document):
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield method, path, operation


def test_every_route_is_described(document):
    served = set(routes(URLS)) - NO_OPERATION

    assert {(method, path) for method, path, _ in operations(document)} == served
    assert GENERATOR_STATS._warn_cache == GENERATOR_STATS._error_cache == {}


def test_the_document_in_the_repository_is_not_stale(document):
    # `make openapi` writes it.
    assert openapi_document.write_document() == read("docs/openapi.json")


def test_every_operation_has_what_a_developer_needs(document):
    lacking = []
    for method, path, operation in operations(document):
        responses = {
            status: document["components"]["responses"][answer["$ref"].rpartition("/")[2]]
            if "$ref" in answer
            else answer
            for status, answer in operation["responses"].items()
        }
        good = next(iter(responses.values()))
        content = next(iter(good.get("content", {}).values()), {})
        body = operation.get("requestBody", {}).get("content", {}).get("application/json")
        headers = [one["name"] for one in operation.get("parameters", ()) if one["in"] == "header"]
        wanted = {
            "summary": operation.get("summary"),
            "example": "example" in content or "content" not in good,
            "request example": body is None or "example" in body,
            "scope": "x-scope" in operation or operation["operationId"] in FOR_ANY_CREDENTIAL,
            "errors": {"401", "403", "429", "500", "503"} <= responses.keys(),
            "examples of errors": all(
                answer["content"][CONTENT_TYPE]["examples"]
                for status, answer in responses.items()
                if status >= "400"
            ),
            "idempotency key": (method == "post") == ("Idempotency-Key" in headers),
            "limits": "RateLimit" in good["headers"],
        }
        lacking += [f"{method} {path}: {name}" for name, found in wanted.items() if not found]

    assert lacking == []


def fields_of(document, schema, path):
    """Every field of a schema and of what is within it, with where it is found."""
    while "$ref" in schema or "allOf" in schema or "oneOf" in schema:
        if "oneOf" in schema:
            schema = next(one for one in schema["oneOf"] if one.get("type") != "null")
            continue
        name = schema.get("$ref") or schema["allOf"][0]["$ref"]
        schema = document["components"]["schemas"][name.rpartition("/")[2]]
    if "items" in schema:
        yield from fields_of(document, schema["items"], path)
    for name, inner in schema.get("properties", {}).items():
        yield f"{path}.{name}", inner
        yield from fields_of(document, inner, f"{path}.{name}")


def answers_of(document, operation):
    for answer in operation["responses"].values():
        while "$ref" in answer:
            answer = document["components"]["responses"][answer["$ref"].rpartition("/")[2]]
        yield from answer.get("content", {}).values()


def test_every_field_that_is_sent_says_what_it_takes(document):
    lacking = []
    for _method, _path, operation in operations(document):
        for content in operation.get("requestBody", {}).get("content", {}).values():
            sent = fields_of(document, content["schema"], operation["operationId"])
            lacking += [path for path, one in sent if not one.get("description")]
        lacking += [
            f"{operation['operationId']}?{one['name']}"
            for one in operation.get("parameters", ())
            if not one.get("description")
        ]
    assert lacking == []


def test_every_field_that_is_answered_says_what_it_is_and_when_it_is_null(document):
    found = {
        path: one
        for _method, _path, operation in operations(document)
        for content in answers_of(document, operation)
        for path, one in fields_of(document, content["schema"], operation["operationId"])
    }
    null = {"null"}
    kinds = {
        path: {*([one["type"]] if isinstance(one.get("type"), str) else one.get("type", ()))}
        | {kind.get("type") for kind in one.get("oneOf", ())}
        for path, one in found.items()
    }

    assert {"payments_get.payer.phone", "payments_list.errors.code"} <= found.keys()
    assert [path for path, one in found.items() if not one.get("description")] == []
    assert [
        path
        for path, one in found.items()
        if null <= kinds[path] and "null" not in one["description"].lower()
    ] == []
    # Of OpenAPI 3.0: 3.1 has a type for it.
    assert not [path for path, one in found.items() if "nullable" in one]


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_reference_shows_a_sentence_with_every_field(language):
    def lacking(fields, path):
        for one in fields:
            if not one.description:
                yield f"{path}.{one.name}"
            yield from lacking(one.fields, f"{path}.{one.name}")

    operations_shown = [one for group in read_reference(language) for one in group.operations]

    assert operations_shown
    assert [
        path
        for one in operations_shown
        for fields in (one.parameters, one.body, one.answer)
        for path in lacking(fields, one.id)
    ] == []


@pytest.mark.parametrize(
    ("name", "variable"),
    [
        ("first-payment", "LOMI_URL=https://pay.example"),
        ("payouts", "LOMI_URL=https://pay.example"),
        ("real-time", "LOMI_REALTIME_URL=https://live.pay.example"),
    ],
)
def test_a_guide_leads_to_the_installation_that_serves_it(settings, name, variable):
    settings.PUBLIC_URL = "https://pay.example"
    settings.REALTIME_URL = "https://live.pay.example"
    guides.read_guides.cache_clear()
    try:
        shown = guides.read_guides("fr")[name].html
    finally:
        guides.read_guides.cache_clear()

    assert variable in shown
    assert not re.search(r"127\.0\.0\.1:80[06]0", shown)


def test_each_refusal_leads_to_its_row_in_the_guide(document):
    codes = document["components"]["examples"]
    asked = Client().get("/docs/errors", headers={"accept-language": "fr"})

    assert asked["Location"] == "/docs/fr/guides/errors"
    for code, example in codes.items():
        assert example["value"]["doc_url"] == f"{openapi_document.SERVER}/docs/errors#{code}"
    for language in LANGUAGES:
        page = guides.read_guides(language)["errors"].html
        assert [code for code in codes if f' id="{code}"' not in page] == []


def test_a_list_of_words_has_each_once(document):
    def lists(node):
        if isinstance(node, dict):
            if isinstance(node.get("enum"), list):
                yield node["enum"]
            node = node.values()
        if not isinstance(node, str | int | float | None):
            for one in node:
                yield from lists(one)

    assert [words for words in lists(document) if len(words) != len(set(words))] == []


def test_operation_ids_are_names_for_programs(document):
    ids = [operation["operationId"] for _, _, operation in operations(document)]

    assert len(set(ids)) == len(ids)
    assert all(re.fullmatch(r"[a-z]+(_[a-z]+)+", one) for one in ids)


def test_the_document_is_public_and_names_our_address(settings):
    answer = Client().get("/api/v1/openapi.json")

    assert answer.status_code == 200
    found = answer.json()
    assert found["openapi"].startswith("3.1")
    assert found["servers"] == [{"url": settings.PUBLIC_URL}]
    assert found["paths"] == json.loads(read("docs/openapi.json"))["paths"]


@pytest.mark.parametrize("name", sorted(state_diagrams.DIAGRAMS))
def test_the_diagrams_are_drawn_from_the_tables(name):
    # `make openapi` draws them.
    assert state_diagrams.write_diagrams()[name] == read(f"docs/diagrams/{name}")


def test_another_table_is_another_diagram():
    title, moves = state_diagrams.DIAGRAMS["payment.svg"]

    fewer = {status: frozenset(to) - {"expired"} for status, to in moves.items()}

    assert state_diagrams.draw(title, fewer) != state_diagrams.draw(title, moves)


@pytest.mark.parametrize("moves", [PAYMENT_MOVES, ATTEMPT_MOVES], ids=["payment", "attempt"])
def test_a_diagram_has_every_status_and_every_arrow(moves):
    drawn = state_diagrams.draw("Statuses", moves)

    assert set(re.findall(r"<text[^>]*>(\w+)<", drawn)) == {str(one) for one in moves if one}
    assert drawn.count('fill="none" stroke-width') + drawn.count('stroke-width="1.5"') == sum(
        len(to) for to in moves.values()
    )


class Page(HTMLParser):
    """The links, ids and words of a page."""

    def __init__(self, text):
        super().__init__()
        self.links, self.ids, self.sources = [], set(), []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        found = dict(attributes)
        self.ids.add(found.get("id"))
        if tag == "a":
            self.links.append(found["href"])
        if tag in {"img", "script"}:
            self.sources.append(found["src"])
        if tag == "link":
            self.sources.append(found["href"])


# In one process: half a minute of a busy machine to read it.
OF_THE_SITE = pytest.mark.xdist_group("site")


@pytest.fixture(scope="module")
def site():
    """Every page of ours, by its address."""
    found = {}
    for address in PAGES:
        answer = Client().get(address)
        assert answer.status_code == 200, address
        found[address] = Page(answer.content.decode())
    return found


@OF_THE_SITE
@pytest.mark.django_db
def test_every_link_of_the_site_leads_somewhere(site):
    broken, elsewhere = [], set()
    for address, page in site.items():
        for link in page.links:
            place, _, fragment = link.partition("#")
            target = site.get(place or address)
            if target is None:
                elsewhere.add(place)
            elif fragment and unquote(fragment) not in target.ids:
                broken.append((address, link))
    elsewhere |= {source for page in site.values() for source in page.sources}
    for link in sorted(one for one in elsewhere if not one.startswith("https://")):
        answer = Client().get(link)
        if answer.status_code != 200:
            broken.append((link, answer.status_code))
        answer.close()

    assert broken == []


@OF_THE_SITE
def test_nothing_is_fetched_from_elsewhere(site):
    assert [one for page in site.values() for one in page.sources if not one.startswith("/")] == []


@pytest.mark.parametrize(
    "place",
    ["config/settings/base.py", "examples/../config/settings/base.py", "var/secrets.env", ".env"],
)
def test_only_programs_are_shown(place):
    assert Client().get(f"/docs/source/{place}").status_code == 404


@pytest.mark.parametrize(
    ("asked", "language"), [("fr-CM,fr;q=0.9", "fr"), ("en", "en"), ("", "fr")]
)
def test_the_reader_is_led_to_a_language(asked, language):
    answer = Client().get("/docs/", headers={"Accept-Language": asked})

    assert (answer.status_code, answer["Location"]) == (302, f"/docs/{language}/")


@pytest.mark.parametrize("name", NAMES)
def test_a_guide_says_the_same_in_both_languages(name):
    english, french = (
        guide_file(name, language).read_text(encoding="utf-8") for language in LANGUAGES
    )

    assert blocks(french) == blocks(english)
    heads = [re.findall(r"^(#+) ", text, re.MULTILINE) for text in (english, french)]
    assert heads[0] == heads[1]
    codes = [[cells[0] for cells in rows(text) if "`" in cells[0]] for text in (english, french)]
    assert codes[0] == codes[1]


def test_the_pages_speak_french():
    shown = Client().get("/docs/fr/").content.decode()
    with translation.override("fr"):
        wanted = translation.gettext("For developers")

    assert wanted != "For developers"
    assert wanted in shown


@pytest.mark.parametrize("name", ["errors"])
def test_every_failure_is_told_in_three_french_voices(name):
    text = guide_file(name, "fr").read_text(encoding="utf-8")
    told = table(section(text, "## Pourquoi un paiement a échoué"))

    with translation.override("fr"):
        wanted = {
            str(code): [str(failure.payer), str(failure.merchant), str(failure.agent)]
            for code, failure in FAILURES.items()
            if code in PAYMENT_FAILURES
        }
    assert told == wanted


def marked(path, start, end):
    text = read(path)
    begun = text.index(start)
    return text[begun : text.index(end, begun) + len(end)]


def test_the_verifiers_shown_are_those_that_run():
    shown = {block.language: block.text for block in blocks(read("docs/guides/webhooks.md"))}
    java = marked("examples/java/Webhook.java", "    // Whether", "\n    }\n")

    assert shown["python"] == marked(
        "examples/python/webhook.py", "def is_genuine", "for signature in given)\n"
    )
    assert shown["js"] == marked("examples/javascript/webhook.mjs", "// Whether", "\n}\n")
    assert shown["php"] == marked("examples/php/webhook.php", "// Whether", "\n}\n")
    assert shown["java"] == re.sub("^    ", "", java, flags=re.MULTILINE)
    assert shown["go"] == marked("examples/go/webhook.go", "// Whether", "\n}\n")


def test_anchors_are_those_of_the_files():
    assert anchor("What to repeat, and when") == "what-to-repeat-and-when"
    assert "what-to-repeat-and-when" in guides.read_guides("en")["idempotency"].html


@pytest.mark.parametrize("name", ["models.py", "client.py"])
def test_the_client_is_made_from_the_document(name):
    # `make sdk` makes it.
    made = generate.generate()[name]
    formatted = subprocess.run(
        [sys.executable, "-m", "ruff", "format", "-"],
        input=made,
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
    ).stdout

    assert read(f"sdk/python/lomi/{name}") == formatted
