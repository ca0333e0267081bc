"""A list of payees as a form with its file, larger than any JSON."""

from __future__ import annotations

import tracemalloc
from io import BytesIO
from pathlib import Path

import pytest
from django.test import RequestFactory
from rest_framework.request import Request

from apps.core.api.file_form import BodyIncomplete, FileFormParser, LengthMissing
from apps.core.json_format import BodyTooLarge
from apps.core.models import IdempotencyRecord
from apps.payout_batches.models import PayoutBatch, PayoutBatchPiece
from apps.payout_batches.services import receive_batch as receiving
from tests.api.conftest import Shop, refusal
from tests.payout_batches.test_batches_api import BATCHES

pytestmark = pytest.mark.django_db

BOUNDARY = "lomi"
LIST = b"phone;amount\n677000001;5000\n677000003;700\n"


@pytest.fixture
def shop(merchant, provider, clock):
    return Shop(merchant)


def form(content=LIST, *, name="wages.csv", file="file", end=f"--{BOUNDARY}--\r\n", **texts):
    """The bytes of a form."""
    parts = [
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{key}"\r\n\r\n{value}\r\n'.encode()
        for key, value in texts.items()
    ]
    head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{file}"; filename="{name}"'
    return b"".join([*parts, head.encode() + b"\r\n\r\n" + content + b"\r\n", end.encode()])


def send(shop, body, *, key="one", **more):
    return shop.client.generic(
        "POST",
        BATCHES,
        body,
        content_type=f"multipart/form-data; boundary={BOUNDARY}",
        headers={"Authorization": f"Bearer {shop.key}", "Idempotency-Key": key},
        **more,
    )


def nothing_is_kept():
    return not (
        PayoutBatch.objects.exists()
        or PayoutBatchPiece.objects.exists()
        or IdempotencyRecord.objects.exists()
    )


def test_a_form_makes_the_batch_that_the_same_file_in_base64_makes(shop, read, clock):
    answer = send(shop, form(reference="wages-11", currency="XOF", description="Novembre"))

    assert answer.status_code == 201, answer.content
    batch = PayoutBatch.objects.get()
    assert (batch.merchant_reference, batch.currency, batch.description, batch.file_name) == (
        "wages-11", "XOF", "Novembre", "wages.csv",
    )  # fmt: skip
    assert (batch.status, batch.source) == ("checking", "file")
    assert batch.file_sha256 == read(LIST).file_sha256


def test_a_form_sent_again_is_one_batch_and_another_file_is_refused(shop):
    first = send(shop, form(reference="wages"))
    again = send(shop, form(reference="wages"))
    other = send(shop, form(LIST + b"677000005;1\n", reference="wages"))

    assert (again.status_code, again.content) == (201, first.content)
    assert again["Idempotent-Replayed"] == "true"
    assert refusal(other)[:2] == (422, "idempotency_key_reused")
    assert PayoutBatch.objects.count() == 1


@pytest.mark.parametrize(
    ("body", "found"),
    [
        (form(file="list"), (400, "unknown_field", "list")),
        (form(lines="[]"), (400, "unknown_field", "lines")),
        (form(currency="XYZ"), (400, "unknown_currency", "currency")),
        (form(name="a" * 200), (400, "max_length", "file")),
        (form(b""), (422, "batch_file_empty", "file")),
        (form(description="a\x00b"), (400, "malformed_form", "")),
        (form(end=""), (400, "body_incomplete", "")),
        (form(end="")[:-20], (400, "body_incomplete", "")),
        (form(end="") + form(), (400, "malformed_form", "")),
        (LIST, (400, "body_incomplete", "")),
        # What follows the boundary is no line of the list any more, and no field.
        (form(LIST + b"--lomi--\r\n677000005;1\n"), (400, "malformed_form", "")),
        (form(name="a\"; b*0=c; b*=d''e; f=\""), (400, "malformed_form", "")),
        (form(LIST + b"677000005;1;--lomi\n677000006;1\n"), (400, "malformed_form", "")),
    ],
    ids=lambda value: "",
)
def test_a_form_that_says_anything_else_is_refused_and_leaves_nothing(shop, body, found):
    answer = send(shop, body)

    assert answer.status_code < 500
    assert refusal(answer) == found
    assert nothing_is_kept()


def parse(body, **environ):
    usual = {
        "CONTENT_TYPE": f"multipart/form-data; boundary={BOUNDARY}",
        "CONTENT_LENGTH": str(len(body)),
        "wsgi.input": BytesIO(body),
    }
    request = RequestFactory().generic("POST", BATCHES, **{**usual, **environ})
    return request, FileFormParser().parse(request, parser_context={"request": Request(request)})


def test_a_file_of_many_megabytes_is_not_held_in_memory():
    body = form(LIST * 400_000)
    tracemalloc.start()
    request, found = parse(body)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert (found.data["file"].size, peak < 4_000_000) == (len(LIST) * 400_000, True)
    path = Path(found.data["file"].temporary_file_path())
    request._files = found.files
    request.close()
    assert not path.exists()


@pytest.mark.parametrize("lacks", [1, 30, 60])
def test_of_an_upload_that_breaks_off_nothing_is_taken(lacks):
    body = form()

    with pytest.raises(BodyIncomplete):
        parse(body[:-lacks], CONTENT_LENGTH=str(len(body)))


class Broken(BytesIO):
    """A line that breaks once what it holds was read."""

    def read(self, size=-1):
        found = super().read(size)
        if not found:
            raise ConnectionResetError
        return found


def test_of_an_upload_whose_line_breaks_nothing_is_taken():
    body = form()

    with pytest.raises(BodyIncomplete):
        parse(body, **{"CONTENT_LENGTH": str(len(body) + 9), "wsgi.input": Broken(body)})


def test_a_list_that_ends_as_a_boundary_does_is_none():
    body = form(LIST + b"677000003;--", end="")[:-2]

    with pytest.raises(BodyIncomplete, match="boundary"):
        parse(body)


def test_what_may_have_been_cut_or_is_too_large_is_not_read(settings):
    settings.FILES_BODY_BYTES_MAX = 10
    with pytest.raises(LengthMissing):
        parse(form(), HTTP_TRANSFER_ENCODING="chunked")
    settings.FORM_BODY_BYTES_MAX = 20
    with pytest.raises(BodyTooLarge):
        parse(form())


def test_a_file_one_byte_too_large_leaves_nothing(shop, monkeypatch):
    monkeypatch.setattr(receiving, "FILE_BYTES_MAX", len(LIST) - 1)

    assert refusal(send(shop, form()))[:2] == (413, "batch_file_too_large")
    assert nothing_is_kept()
