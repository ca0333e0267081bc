import json
import threading

import pytest
from django.db import OperationalError
from django.http import Http404, HttpResponse
from django.test import RequestFactory
from psycopg.errors import ConnectionTimeout, LockNotAvailable, QueryCanceled
from psycopg_pool import PoolTimeout
from rest_framework import exceptions, serializers

from apps.core import database_away
from apps.core.api.problem_details import CONTENT_TYPE, handle_exception, not_found, server_error
from apps.core.database_away import DatabaseAway
from apps.core.errors import DomainError
from apps.core.postgresql.bounded_connection import LineSilent


class TooSmall(DomainError):
    code = "too_small"
    status = 422
    title = "It is too small."


def handled(error):
    answer = handle_exception(error, {})
    assert answer.content_type == CONTENT_TYPE
    assert answer.status_code == answer.data["status"]
    assert answer.data["type"].endswith(":" + answer.data["code"])
    return answer


def test_a_refusal_of_the_domain_names_code_field_and_what_to_do():
    answer = handled(TooSmall("Send at least 100.", field="amount"))

    assert answer.status_code == 422
    assert answer.data["detail"] == "Send at least 100."
    assert answer.data["errors"] == [
        {"field": "amount", "code": "too_small", "detail": "Send at least 100."}
    ]


def test_a_refusal_of_no_field_in_particular_lists_none():
    answer = handled(TooSmall(retry_after_s=3))

    assert "errors" not in answer.data
    assert answer.data["detail"] == "It is too small."
    assert answer.headers["Retry-After"] == "3"


def test_nested_validation_errors_are_named_by_their_path():
    error = serializers.ValidationError(
        {"payer": {"phone": [exceptions.ErrorDetail("Send text.", "not_text")]}}
    )

    answer = handled(error)

    assert answer.data["code"] == "not_text"
    assert answer.data["errors"][0]["field"] == "payer.phone"


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (exceptions.NotAuthenticated(), 401, "authentication_required"),
        (exceptions.PermissionDenied(), 403, "permission_denied"),
        (exceptions.NotFound(), 404, "not_found"),
        (exceptions.MethodNotAllowed("PUT"), 405, "method_not_allowed"),
        (exceptions.ParseError(), 400, "malformed_json"),
        (exceptions.UnsupportedMediaType("text/csv"), 415, "unsupported_media_type"),
    ],
)
def test_the_frameworks_refusals_speak_our_language(error, status, code):
    answer = handled(error)

    assert (answer.status_code, answer.data["code"]) == (status, code)


def test_an_unforeseen_error_is_left_to_the_500_page():
    assert handle_exception(ValueError("secret detail"), {}) is None


def test_the_pages_for_404_and_500_are_problems_too_and_tell_nothing():
    request = RequestFactory().get("/nowhere")

    missing, broken = not_found(request, Http404("secret")), server_error(request)

    assert (missing.status_code, broken.status_code) == (404, 500)
    for answer in (missing, broken):
        assert answer["Content-Type"] == CONTENT_TYPE
        assert json.loads(answer.content)["code"] in {"not_found", "internal_error"}
        assert b"secret" not in answer.content


@pytest.mark.parametrize("error", [OperationalError("host=db password=p"), PoolTimeout("full")])
def test_without_its_database_the_platform_says_try_again(error):
    middleware = DatabaseAway(lambda request: None)

    answer = middleware.process_exception(RequestFactory().post("/api/v1/payments"), error)

    assert (answer.status_code, answer["Retry-After"]) == (503, "2")
    assert json.loads(answer.content)["code"] == "temporarily_unavailable"
    assert b"password" not in answer.content


@pytest.mark.parametrize("cause", [LockNotAvailable, QueryCanceled])
def test_a_lock_or_an_answer_waited_for_in_vain_is_told_as_such(caplog, cause):
    middleware = DatabaseAway(lambda request: None)
    error = OperationalError("canceling statement due to a timeout")
    error.__cause__ = cause()

    answer = middleware.process_exception(RequestFactory().post("/api/v1/api_keys"), error)

    assert (answer.status_code, answer["Retry-After"]) == (503, "2")
    assert [record.getMessage() for record in caplog.records] == ["the database took too long"]


def test_other_errors_are_not_taken_for_a_lost_database():
    middleware = DatabaseAway(lambda request: None)

    assert middleware.process_exception(RequestFactory().get("/"), ValueError()) is None


class Connection:
    """Django's; what it has of the database, or None when it could get nothing."""

    def __init__(self, connection):
        self.connection = connection

    def close(self):
        self.connection = None


@pytest.mark.parametrize(
    "error",
    [PoolTimeout("after three seconds"), OperationalError("connection refused")],
    ids=["from a pool", "by itself"],
)
def test_without_a_database_one_request_waits_for_it_and_the_others_are_answered_at_once(
    error, monkeypatch
):
    monkeypatch.setattr(database_away, "connection", Connection(None))
    monkeypatch.setattr(database_away, "monotonic", lambda: 1.0)
    is_away, scout_waits, let_go = True, threading.Event(), threading.Event()

    def view(request):
        if not is_away:
            return HttpResponse()
        scout_waits.set()
        let_go.wait(timeout=120)
        return middleware.process_exception(request, error)

    middleware = DatabaseAway(view)
    request = RequestFactory().post("/api/v1/payments")
    let_go.set()
    middleware(request)
    let_go.clear()
    scout_waits.clear()

    scout = threading.Thread(target=middleware, args=[request])
    scout.start()
    scout_waits.wait(timeout=120)
    others = [middleware(request) for _ in range(3)]
    let_go.set()
    scout.join()
    is_away = False
    back = [middleware(request).status_code for _ in range(2)]

    assert [(other.status_code, other["Retry-After"]) for other in others] == [(503, "2")] * 3
    assert back == [200, 200]


def test_a_request_that_comes_slowly_keeps_nobody_from_a_database_that_is_back(monkeypatch):
    monkeypatch.setattr(database_away, "connection", Connection(None))
    now = 100.0
    monkeypatch.setattr(database_away, "monotonic", lambda: now)
    heard = []

    def view(request):
        if request.method == "POST":
            # Its body has not come; others ask meanwhile, at first and later.
            nonlocal now
            heard.append(middleware(RequestFactory().get("/")).status_code)
            now += database_away.SCOUTING_S
            heard.append(middleware(RequestFactory().get("/")).status_code)
        return HttpResponse()

    middleware = DatabaseAway(view)
    middleware.process_exception(RequestFactory().get("/"), PoolTimeout("after three seconds"))

    middleware(RequestFactory().post("/api/v1/payments"))

    assert heard == [503, 200]


@pytest.mark.parametrize(
    ("cause", "connection"), [(LineSilent(), "silent"), (ConnectionTimeout(), None)]
)
def test_once_the_line_is_silent_nobody_else_waits_for_it(monkeypatch, cause, connection):
    monkeypatch.setattr(database_away, "connection", Connection(connection))
    middleware = DatabaseAway(lambda request: HttpResponse())
    request = RequestFactory().get("/")
    error = OperationalError("no answer within 4 s")
    error.__cause__ = cause
    middleware.process_exception(request, error)

    answer = middleware(request)
    middleware._spared_until = 0.0

    assert answer.status_code == 503
    assert middleware(request).status_code == 200


def test_a_connection_that_broke_says_nothing_of_the_next_one(monkeypatch):
    monkeypatch.setattr(database_away, "connection", Connection("broken"))
    middleware = DatabaseAway(lambda request: HttpResponse())
    request = RequestFactory().get("/")
    middleware.process_exception(request, OperationalError("server closed the connection"))

    assert middleware(request).status_code == 200
    assert not middleware._is_away
