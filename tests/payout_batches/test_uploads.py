"""A file that comes piece by piece is byte for byte the file that was sent, or nothing."""

from __future__ import annotations

import base64
import hashlib
from datetime import timedelta

import pytest
from django.db import transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.core.errors import DomainError
from apps.payout_batches.models import (
    BatchUpload,
    BatchUploadPiece,
    PayoutBatch,
    PayoutBatchPiece,
)
from apps.payout_batches.selectors.open_file import open_file
from apps.payout_batches.services import begin_upload as beginning
from apps.payout_batches.services import receive_piece as receiving
from apps.payout_batches.services.begin_upload import KEPT, UploadOrder, begin_upload
from apps.payout_batches.services.check_batch import check_batch
from apps.payout_batches.services.discard_upload import discard_upload
from apps.payout_batches.services.finish_upload import finish_upload
from apps.payout_batches.services.forget_uploads import forget_uploads
from apps.payout_batches.services.receive_piece import receive_piece
from tests.api.conftest import Shop, refusal
from tests.factories import MerchantFactory
from tests.fakes import open_account
from tests.payout_batches.test_batch_form import BOUNDARY, form

pytestmark = pytest.mark.django_db

UPLOADS = "/api/v1/payout_batch_uploads"
LIST = b"phone;amount\n677000001;5000\n677000003;700\n"
# Of a piece that is kept, in these tests.
PIECE = 4
MODULES = (
    "services.receive_piece",
    "selectors.open_file",
    "rules.piece_file",
    "services.receive_batch",
)


class Crash(Exception):
    """The process dies."""


@pytest.fixture
def small(monkeypatch):
    """Pieces of four bytes, eight in a request."""
    for name in MODULES:
        monkeypatch.setattr(f"apps.payout_batches.{name}.PIECE_BYTES", PIECE)
    monkeypatch.setattr(receiving, "BYTES_MAX", 2 * PIECE)


@pytest.fixture
def shop(merchant, provider, clock):
    open_account(operations=["disburse"])
    return Shop(merchant)


@pytest.fixture
def begin(merchant, clock):
    def begun(content=LIST, **fields):
        order = {
            "file_name": "wages.csv",
            "size": len(content),
            "sha256": hashlib.sha256(content).digest(),
            "currency": "XAF",
        }
        return begin_upload(
            merchant=fields.pop("merchant", merchant),
            livemode=fields.pop("livemode", False),
            order=UploadOrder(**order | fields),
            created_by="key:one",
            now=clock.now,
        )

    return begun


def send(upload, offset, content, *, now):
    with transaction.atomic():
        return receive_piece(upload_id=upload.pk, offset=offset, content=content, now=now)


def announce(content=LIST, **fields):
    sha256 = hashlib.sha256(content).hexdigest()
    return {"file_name": "wages.csv", "size": len(content), "sha256": sha256, **fields}


def piece(offset, content):
    return {"offset": offset, "content": base64.b64encode(content).decode()}


# What a client on a bad line does: a piece, wherever it believes to be, wholly or damaged; a piece
# in which the server dies; the end, sooner or later; or it gives up.
PIECES = st.tuples(
    st.sampled_from(["send", "send", "send", "next", "next", "damage", "crash"]),
    st.integers(0, 9).map(lambda place: place * PIECE),
    st.integers(1, 3 * PIECE),
)
STEPS = st.one_of(PIECES, st.tuples(st.sampled_from(["finish", "crash_at_end", "discard"])))


@settings(
    max_examples=80,
)
@given(content=st.binary(min_size=1, max_size=8 * PIECE), steps=st.lists(STEPS, max_size=16))
def test_whatever_comes_in_whatever_order_a_batch_has_the_file_or_there_is_none(
    small, begin, clock, content, steps
):
    upload = begin(content, merchant=MerchantFactory())
    known = 0
    for name, *said in steps:
        before = BatchUpload.objects.get(pk=upload.pk).received
        try:
            if name == "finish":
                finish_upload(upload_id=upload.pk, now=clock.now)
            elif name == "discard":
                discard_upload(upload_id=upload.pk, now=clock.now)
            elif name == "crash_at_end":
                with transaction.atomic():
                    finish_upload(upload_id=upload.pk, now=clock.now)
                    raise Crash
            else:
                offset, length = said
                offset = before if name == "next" else offset
                sent = content[offset : offset + length]
                if name == "damage":
                    sent = bytes(byte ^ 1 for byte in sent)
                with transaction.atomic():
                    send(upload, offset, sent, now=clock.now)
                    if name == "crash":
                        raise Crash
        except (DomainError, Crash):
            assert BatchUpload.objects.get(pk=upload.pk).received == before
        now_there = BatchUpload.objects.get(pk=upload.pk)
        assert now_there.received >= known
        known = now_there.received

    upload.refresh_from_db()
    batches = PayoutBatch.objects.filter(merchant=upload.merchant)
    if upload.batch is None:
        assert not batches.exists()
    else:
        assert open_file(batches.get()).read() == content
    if upload.status != "open":
        assert not BatchUploadPiece.objects.filter(upload=upload).exists()


def test_a_line_that_breaks_at_every_piece_ends_with_the_batch_of_the_file(small, shop):
    begun = shop.post(announce(reference="wages", description="Novembre"), path=UPLOADS, key="u")
    assert begun.status_code == 201, begun.content
    path = f"{UPLOADS}/{begun.json()['id']}"
    # It never heard that this one came, and sends it again, cut otherwise.
    shop.post(piece(0, LIST[:8]), path=f"{path}/pieces", key="first")
    shop.post(piece(0, LIST[:4]), path=f"{path}/pieces", key="again")

    while (found := shop.get(path).json())["received"] < len(LIST):
        at = found["received"]
        answer = shop.post(piece(at, LIST[at : at + 8]), path=f"{path}/pieces", key=f"{at}")
        assert answer.status_code == 200, answer.content
    finished = shop.post({}, path=f"{path}/finish", key="end")

    batch = PayoutBatch.objects.get()
    assert (finished.status_code, finished.json()["id"]) == (201, batch.public_id)
    assert (batch.merchant_reference, batch.description, batch.source, batch.currency) == (
        "wages", "Novembre", "file", "XAF",
    )  # fmt: skip
    assert open_file(batch).read() == LIST
    check_batch(batch_id=batch.pk, now=batch.created_at)
    assert shop.get(f"/api/v1/payout_batches/{batch.public_id}").json()["lines"]["ready"]["count"]
    # Done again, with another key, it is the same.
    assert shop.post({}, path=f"{path}/finish", key="else").json()["id"] == batch.public_id
    assert shop.get(path).json()["payout_batch"] == batch.public_id
    assert PayoutBatch.objects.count() == 1


def test_a_piece_comes_as_a_form_too(small, shop):
    path = f"{UPLOADS}/{shop.post(announce(), path=UPLOADS).json()['id']}/pieces"

    def post(body, key):
        return shop.client.generic(
            "POST",
            path,
            body,
            content_type=f"multipart/form-data; boundary={BOUNDARY}",
            headers={"Authorization": f"Bearer {shop.key}", "Idempotency-Key": key},
        )

    answer = post(form(LIST[:8], name="piece", offset="0"), "one")
    assert (answer.status_code, answer.json()["received"]) == (200, 8)
    # Half of a piece is none.
    assert refusal(post(form(LIST[8:16], name="piece", offset="8")[:-30], "two"))[:2] == (
        400,
        "body_incomplete",
    )
    assert refusal(post(form(LIST[8:16], name="piece", offset="٨"), "three")) == (
        400,
        "invalid_offset",
        "offset",
    )
    assert refusal(post(form(LIST[:12], name="piece", offset="0"), "four")) == (
        422,
        "payout_batch_upload_piece_size",
        "content",
    )
    assert BatchUpload.objects.get().received == 8


@pytest.mark.parametrize(
    ("offset", "content", "found"),
    [
        (8, LIST[8:12], (409, "payout_batch_upload_out_of_order", "offset")),
        (0, b"phone", (422, "payout_batch_upload_piece_size", "content")),
        (2, LIST[2:4], (422, "payout_batch_upload_piece_size", "offset")),
        (0, b"", (400, "blank", "content")),
        (0, LIST[:12], (422, "payout_batch_upload_piece_size", "content")),
        (40, LIST[40:] + b"more", (422, "payout_batch_upload_piece_size", "content")),
        (0, b"else", (409, "payout_batch_upload_piece_differs", "offset")),
        (-4, LIST[:4], (400, "invalid_offset", "offset")),
        ("0", LIST[:4], (400, "invalid_offset", "offset")),
    ],
)
def test_a_piece_of_another_place_or_length_is_refused_and_changes_nothing(
    small, shop, offset, content, found
):
    path = f"{UPLOADS}/{shop.post(announce(), path=UPLOADS).json()['id']}"
    shop.post(piece(0, LIST[:4]), path=f"{path}/pieces")

    answer = shop.post(piece(offset, content), path=f"{path}/pieces")

    assert refusal(answer) == found
    assert shop.get(path).json()["received"] == 4
    if found[1].endswith("out_of_order"):
        assert answer.json()["detail"] == "Go on at byte 4."


def test_what_is_not_whole_or_not_what_was_announced_is_no_batch(small, shop):
    half = shop.post(announce(), path=UPLOADS).json()["id"]
    other = shop.post(announce(b"else"), path=UPLOADS).json()["id"]
    shop.post(piece(0, b"elso"), path=f"{UPLOADS}/{other}/pieces")

    answer = shop.post({}, path=f"{UPLOADS}/{half}/finish")
    assert refusal(answer)[:2] == (409, "payout_batch_upload_incomplete")
    answer = shop.post({}, path=f"{UPLOADS}/{other}/finish")
    assert refusal(answer)[:2] == (422, "payout_batch_upload_digest_differs")
    assert not PayoutBatch.objects.exists() and not PayoutBatchPiece.objects.exists()

    gone = shop.post({}, path=f"{UPLOADS}/{other}/discard")
    assert (gone.status_code, gone.json()["status"]) == (200, "discarded")
    assert not BatchUploadPiece.objects.exists()
    for act, body in (("pieces", piece(0, b"else")), ("finish", {})):
        answer = shop.post(body, path=f"{UPLOADS}/{other}/{act}")
        assert refusal(answer)[:2] == (409, "payout_batch_upload_not_open")


def test_who_began_it_made_the_batch_and_nobody_else_finds_it(small, shop, merchant):
    upload_id = shop.post(announce(b"list"), path=UPLOADS).json()["id"]
    shop.post(piece(0, b"list"), path=f"{UPLOADS}/{upload_id}/pieces")
    # Else she would approve what she sent.
    other = Shop(merchant)

    for act in ("", "/pieces", "/finish", "/discard"):
        path = f"{UPLOADS}/{upload_id}{act}"
        body = piece(0, b"list") if act == "/pieces" else {}
        answer = other.post(body, path=path) if act else other.get(path)
        assert refusal(answer)[:2] == (404, "payout_batch_upload_not_found")

    shop.post({}, path=f"{UPLOADS}/{upload_id}/finish")
    assert PayoutBatch.objects.get().created_by == f"key:{shop.api_key.public_id}"


def test_a_file_too_large_and_one_more_than_may_be_open_are_refused(shop, begin, monkeypatch):
    monkeypatch.setattr(beginning, "OPEN_MAX", 2)
    too_large = announce() | {"size": 64 * 1024**2 + 1}
    assert refusal(shop.post(too_large, path=UPLOADS)) == (413, "batch_file_too_large", "size")
    assert refusal(shop.post(announce() | {"size": 0}, path=UPLOADS))[1] == "invalid_size"
    for _ in range(2):
        last = shop.post(announce(), path=UPLOADS)
    begin(livemode=True)

    answer = shop.post(announce(), path=UPLOADS)
    assert refusal(answer)[:2] == (422, "too_many_payout_batch_uploads")
    assert BatchUpload.objects.filter(livemode=False).count() == 2

    shop.post({}, path=f"{UPLOADS}/{last.json()['id']}/discard")
    assert shop.post(announce(), path=UPLOADS).status_code == 201


def test_what_nobody_finishes_is_forgotten_after_three_days_and_a_batch_stays(
    small, begin, clock, settings
):
    kept, given_up = begin(b"list"), begin(LIST)
    send(kept, 0, b"list", now=clock.now)
    send(given_up, 0, LIST[:8], now=clock.now)
    batch = finish_upload(upload_id=kept.pk, now=clock.now)

    assert forget_uploads(now=clock.now + KEPT - timedelta(seconds=1)) == 0
    # Its time is over before anybody looks.
    with pytest.raises(DomainError) as refused:
        send(given_up, 8, LIST[8:16], now=clock.now + KEPT)
    assert refused.value.code == "payout_batch_upload_not_found"
    assert forget_uploads(now=clock.now + KEPT) == 1
    assert forget_uploads(now=clock.now + settings.IDEMPOTENCY_KEPT_FOR) == 1

    assert not BatchUpload.objects.exists() and not BatchUploadPiece.objects.exists()
    assert open_file(batch).read() == b"list"


def test_a_batch_is_found_by_its_upload_as_long_as_the_key_of_its_request(
    small, shop, begin, clock, settings
):
    """Whoever never heard that it is a batch would send the list again, and pay twice."""
    kept = settings.IDEMPOTENCY_KEPT_FOR
    upload = begin(b"list")
    send(upload, 0, b"list", now=clock.now)
    batch = finish_upload(upload_id=upload.pk, now=clock.now + KEPT - timedelta(seconds=1))

    late = clock.now + KEPT + kept - timedelta(seconds=2)
    forget_uploads(now=late)

    assert finish_upload(upload_id=upload.pk, now=late) == batch
    assert PayoutBatch.objects.count() == 1
    assert forget_uploads(now=clock.now + KEPT + kept) == 1


def test_what_a_lost_key_began_keeps_no_other_key_away(shop, merchant, monkeypatch):
    monkeypatch.setattr(beginning, "OPEN_MAX", 2)
    monkeypatch.setattr(beginning, "OPEN_OF_MERCHANT_MAX", 3)
    for _ in range(2):
        assert shop.post(announce(), path=UPLOADS).status_code == 201
    assert refusal(shop.post(announce(), path=UPLOADS))[1] == "too_many_payout_batch_uploads"

    other = Shop(merchant)

    assert other.post(announce(), path=UPLOADS).status_code == 201
    assert refusal(other.post(announce(), path=UPLOADS))[1] == "too_many_payout_batch_uploads"


def test_nothing_of_a_file_and_no_number_of_its_name_lies_in_the_open(begin, clock):
    upload = begin(LIST, file_name="paie 677000001 du 20261127101500.csv")
    send(upload, 0, LIST, now=clock.now)

    assert b"677000001" not in bytes(BatchUploadPiece.objects.get().content_encrypted)
    assert upload.file_name == "paie +677 ••••01 du 20261127101500.csv"
    assert finish_upload(upload_id=upload.pk, now=clock.now).file_name == upload.file_name
