"""The client sends a long file over a line that breaks, and goes on where it was."""

from __future__ import annotations

import io
import urllib.error
from contextlib import contextmanager
from email.message import Message
from urllib.parse import urlsplit

import lomi
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lomi import uploads
from lomi.connection import Connection
from lomi.file_form import FileForm

from apps.payout_batches.models import BatchUpload, PayoutBatch
from apps.payout_batches.selectors.open_file import open_file
from tests.api.conftest import Shop
from tests.factories import MerchantFactory

pytestmark = pytest.mark.django_db

STEP = uploads.STEP_BYTES
# What becomes of a request: it is heard and answered, it never arrives, or its answer is lost.
TROUBLES = st.lists(st.sampled_from(["", "", "", "before", "after"]), max_size=14)


class Line:
    """What a Connection opens, straight to the application."""

    def __init__(self, shop, troubles):
        self._shop, self._troubles = shop, list(troubles)

    @contextmanager
    def open(self, request, timeout):
        trouble = self._troubles.pop(0) if self._troubles else ""
        if trouble == "before":
            raise OSError("it never arrived")
        data = b"".join(request.data) if isinstance(request.data, FileForm) else request.data
        headers = dict(request.header_items())
        answer = self._shop.client.generic(
            request.get_method(),
            urlsplit(request.full_url).path,
            data or b"",
            content_type=headers.get("Content-type", ""),
            headers={name: value for name, value in headers.items() if name != "Content-type"},
        )
        if trouble == "after":
            raise OSError("the answer was lost")
        if answer.status_code >= 400:
            body = io.BytesIO(answer.content)
            raise urllib.error.HTTPError("", answer.status_code, "", Message(), body)
        yield io.BytesIO(answer.content)


def client_of(shop, troubles=()):
    connection = Connection(
        shop.key, url="https://lomi.example", timeout_s=1, sleep=lambda _s: None
    )
    connection._opener = Line(shop, troubles)
    return lomi.Client(shop.key, connection=connection)


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "wages.csv"
    path.write_bytes(b"phone;amount\n" + bytes(range(256)) * 3_000)
    return path


@settings(
    max_examples=10,
)
@given(lives=st.lists(TROUBLES, min_size=1, max_size=3))
def test_whatever_breaks_who_calls_again_ends_with_one_batch_of_the_file(file, lives):
    shop = Shop(MerchantFactory())
    # Each a process of its own, the last one on a line that holds.
    for troubles in lives:
        try:
            lomi.upload_batch(
                client_of(shop, troubles), file, idempotency_key="wages", piece_bytes=STEP
            )
        except lomi.NoAnswer:
            continue

    seen = []
    made = lomi.upload_batch(
        client_of(shop),
        file,
        idempotency_key="wages",
        piece_bytes=STEP,
        on_progress=lambda received, size: seen.append((received, size)),
    )

    batch = PayoutBatch.objects.get(merchant=shop.merchant)
    assert made["id"] == batch.public_id
    assert open_file(batch).read() == file.read_bytes()
    size = file.stat().st_size
    assert seen[-1] == (size, size)


def test_a_file_that_changed_since_it_was_begun_is_said_and_the_upload_stays(file):
    shop = Shop(MerchantFactory())
    client = client_of(shop, ["", "", "before", "before", "before", "before", "before"])
    with pytest.raises(lomi.NoAnswer):
        lomi.upload_batch(client, file, idempotency_key="wages")
    file.write_bytes(file.read_bytes() + b"more")

    with pytest.raises(lomi.FileChanged):
        lomi.upload_batch(client_of(shop), file, idempotency_key="wages")

    assert BatchUpload.objects.get(merchant=shop.merchant).status == "open"
    assert not PayoutBatch.objects.filter(merchant=shop.merchant).exists()
