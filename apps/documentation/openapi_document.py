"""The OpenAPI document, made of what each handler says of itself (apps.core.api.openapi)."""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.urls import get_resolver
from django.utils import translation
from drf_spectacular.drainage import warn
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.plumbing import append_meta

from apps.core.api.field_words import WORDS
from apps.core.api.fields import KnownFieldsOnly
from apps.core.api.openapi import LIMIT, Operation, Parameter
from apps.core.api.problem_details import CODES, CONTENT_TYPE, problem
from apps.core.errors import DomainError
from apps.documentation.hand_written import (
    EVENT_STREAM,
    EVENT_STREAM_PATH,
    INTRODUCTION,
    SECURITY_SCHEMES,
    TAGS,
    WEBHOOK_ENDPOINTS_PATH,
    WEBHOOKS,
)
from apps.merchants.authentication import needed_scopes
from apps.payments.rules.representation import PaymentOutput
from apps.webhooks.representation import EventOutput

PREFIX = "/api/v1/"
FILE = settings.BASE_DIR / "docs" / "openapi.json"

# Where `make demo` serves; the served document names the real address.
SERVER = "http://127.0.0.1:8000"

# What refuses before a handler is reached.
REFUSES_ANYBODY = ("rate_limited", "internal_error", "temporarily_unavailable")
REFUSES_A_CALLER = ("authentication_required",)
REFUSES_A_POST = (
    "idempotency_key_missing",
    "idempotency_key_invalid",
    "idempotency_key_in_flight",
    "idempotency_key_reused",
)
REFUSES_A_BODY = ("malformed_json", "required", "unsupported_media_type", "body_too_large")
REFUSES_A_FORM = ("malformed_form", "body_incomplete", "length_required")
REFUSES_A_CHANGE = ("unknown_parameter",)
REFUSES_A_QUERY = ("unknown_parameter", "invalid_parameter")
REFUSES_A_PAGE = ("invalid_page",)
REFUSES_AN_ID = ("wrong_mode",)

# Refusals that are no exception: code -> status, title.
ANSWERED_DIRECTLY = {
    "internal_error": (500, "Something broke on our side."),
    "temporarily_unavailable": (503, "We cannot serve this right now."),
    # The first field at fault gives a body's refusal its code.
    "required": (400, "The request is not valid."),
}
STATUS_TEXTS = {
    400: "The request is not valid.",
    401: "We do not know who calls.",
    403: "The caller may not do this.",
    404: "There is no such object of this merchant in this mode.",
    409: "The state of things does not allow it now.",
    410: "It is gone.",
    413: "The body is too large.",
    415: "The body is not declared as JSON.",
    422: "Understood, but it cannot be done.",
    429: "Too many requests.",
    500: "Our mistake.",
    502: "Somebody we asked gave no usable answer.",
    503: "We cannot serve this right now.",
}

# drf-spectacular's own note on a list of choices, for itself.
ENUM_MARK = "x-spec-enum-id"

IDEMPOTENCY_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": True,
    "description": (
        "Yours, one for each thing to do: repeat it when you repeat the request. The same key and "
        "body get the first answer, byte for byte, with the header `Idempotent-Replayed: true`."
    ),
    "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-+\\--~]+$"},
    "example": "order-2001",
}
STARTING_AFTER = Parameter(
    "starting_after",
    "The `id` of the last object you have: the page goes on with the next older one. Refused where"
    " it is none of this list.",
    {"type": "string", "pattern": "^[a-z]+_[0-9a-hjkmnp-tv-z]{26}$"},
)

RATE_LIMIT_HEADERS = {
    "RateLimit": {"$ref": "#/components/headers/RateLimit"},
    "RateLimit-Policy": {"$ref": "#/components/headers/RateLimitPolicy"},
}
REPLAYED_HEADER = {"Idempotent-Replayed": {"$ref": "#/components/headers/IdempotentReplayed"}}
RETRY_AFTER_HEADER = {"Retry-After": {"$ref": "#/components/headers/RetryAfter"}}

HEADERS = {
    "RateLimit": {
        "description": (
            'How much is left of each limit: `"default";r=5999;t=1` is 5,999 more now, and one more'
            " in a second."
        ),
        "schema": {"type": "string"},
    },
    "RateLimitPolicy": {
        "description": 'The limits: `"default";q=6000;w=60` is 6,000 in any 60 seconds.',
        "schema": {"type": "string"},
    },
    "RetryAfter": {
        "description": "Seconds to wait before the request is repeated.",
        "schema": {"type": "integer", "minimum": 0},
    },
    "IdempotentReplayed": {
        "description": "The first answer to this Idempotency-Key, given again.",
        "schema": {"type": "string", "const": "true"},
    },
}
PROBLEM = {
    "type": "object",
    "description": "A refusal (RFC 9457). `code` never changes its meaning.",
    "required": ["type", "title", "status", "code", "detail"],
    "properties": {
        "type": {"type": "string", "description": "`urn:lomi:error:` and the code."},
        "title": {"type": "string", "description": "What happened, for a person."},
        "status": {"type": "integer", "description": "The HTTP status."},
        "code": {"type": "string", "description": "What happened, for a program."},
        "detail": {"type": "string", "description": "What you can do about it."},
        "doc_url": {
            "type": "string",
            "description": "Where the guide on errors says more of this code.",
        },
        "errors": {
            "type": "array",
            "description": "The fields at fault, each with its own code.",
            "items": {
                "type": "object",
                "required": ["field", "code", "detail"],
                "properties": {
                    "field": {"type": "string", "description": "Which field, as in payer.phone."},
                    "code": {"type": "string", "description": "What is wrong, for a program."},
                    "detail": {"type": "string", "description": "What you can do about it."},
                },
            },
        },
    },
}


def build_document() -> dict[str, Any]:
    """The whole document. Warnings of drf-spectacular go to its own list, GENERATOR_STATS."""
    with translation.override("en"):
        document: dict[str, Any] = _Generator().get_schema(public=True)
    _drop(document, ENUM_MARK)
    document["info"]["description"] = INTRODUCTION
    document["servers"] = [{"url": SERVER}]
    stream = document["paths"].get(EVENT_STREAM_PATH)
    if stream:
        stream["get"]["responses"]["200"]["content"] = EVENT_STREAM
    used = [
        tag
        for methods in document["paths"].values()
        for described in methods.values()
        for tag in described["tags"]
    ]
    for tag in dict.fromkeys(used):
        if tag not in TAGS:
            warn(f"the group {tag} is not among the words of apps.documentation.hand_written")
    _show_ids(document)
    document["tags"] = [
        {"name": name, "x-displayName": title, "description": text}
        for name, (title, text) in TAGS.items()
        if name in used
    ]
    endpoints = document["paths"].get(WEBHOOK_ENDPOINTS_PATH)
    if endpoints:
        # Not `webhooks`: generators take those for calls to us, and some of theirs do not compile.
        endpoints["post"]["callbacks"] = WEBHOOKS
    components = document["components"]
    components["headers"] = HEADERS
    components["examples"] = _examples(document)
    components["responses"] = _share_refusals(document)
    components["securitySchemes"] = SECURITY_SCHEMES
    components.setdefault("schemas", {})["Problem"] = PROBLEM
    components["schemas"] = dict(sorted(components["schemas"].items()))
    return document


def _show_ids(document: dict[str, Any]) -> None:
    """Each id in a path gets that of the example answered there, so that samples can be copied."""
    shown: dict[str, str] = {}
    for path, methods in document["paths"].items():
        for described in methods.values() if path.endswith("}") else ():
            name = _variables(path)[-1]
            answer = next(iter(described["responses"].values()))
            for content in answer.get("content", {}).values():
                example = content.get("example")
                if isinstance(example, dict) and name.rpartition("_")[2] in example:
                    shown.setdefault(name, str(example[name.rpartition("_")[2]]))
    for methods in document["paths"].values():
        for described in methods.values():
            for one in described.get("parameters", ()):
                if one["in"] == "path" and one["name"] in shown:
                    one["example"] = shown[one["name"]]


def _drop(value: Any, name: str) -> None:
    """Take a key out wherever it stands."""
    if isinstance(value, dict):
        value.pop(name, None)
        for inner in value.values():
            _drop(inner, name)
    elif isinstance(value, list):
        for inner in value:
            _drop(inner, name)


def write_document() -> str:
    """The document as it stands in docs/openapi.json."""
    return json.dumps(build_document(), indent=1, ensure_ascii=False) + "\n"


class _Schema(AutoSchema):
    """One handler's operation."""

    def get_operation(
        self, path: str, path_regex: str, path_prefix: str, method: str, registry: Any
    ) -> dict[str, Any] | None:
        self.registry = registry
        self.path, self.path_regex, self.path_prefix = path, path_regex, path_prefix
        self.method = method.upper()
        told: Operation | None = getattr(getattr(self.view, method.lower()), "operation", None)
        if told is None:
            warn(f"{method} {path} says nothing of itself: it needs @operation")
            return None
        words = _words(path)
        is_public = not self.view.get_authenticators()
        scopes = needed_scopes(self.view, self.method)
        described: dict[str, Any] = {
            "operationId": operation_id(path, self.method, is_list=told.is_list),
            "summary": told.summary,
            "tags": [words[0]],
            "parameters": [*self._path_parameters(), *self._parameters(told)],
            "security": []
            if is_public
            else [{scheme: list(scopes)} for scheme in SECURITY_SCHEMES],
            "responses": self._answers(told, is_public=is_public),
        }
        if told.description:
            described["description"] = told.description
        if told.body is not None:
            has_required = any(field.required for field in told.body().fields.values())
            described["requestBody"] = {
                # Of a body that comes in one of two ways the schemas alone say what is required:
                # a generator of Python clients writes wrong code for it.
                "required": has_required and told.form is None,
                "content": {
                    "application/json": {
                        "schema": self.resolve_serializer(told.body, "request").ref,
                        **_example(told.request_example),
                    }
                },
            }
        if told.form is not None:
            described["requestBody"]["content"]["multipart/form-data"] = {
                "schema": self.resolve_serializer(told.form, "request").ref
            }
        if scopes:
            described["x-scope"] = " ".join(scopes)
        return {name: value for name, value in described.items() if value or name == "security"}

    def get_serializer_name(self, serializer: Any, direction: Any) -> str:
        return str(type(serializer).__name__.removesuffix("Output"))

    def _path_parameters(self) -> Iterator[dict[str, Any]]:
        for name in _variables(self.path):
            yield {
                "name": name,
                "in": "path",
                "required": True,
                "description": f"The {name.replace('_', ' ').replace(' id', '’s id')}.",
                "schema": {"type": "string", "minLength": 1},
            }

    def _parameters(self, told: Operation) -> Iterator[dict[str, Any]]:
        if self.method == "POST":
            yield IDEMPOTENCY_KEY
        for parameter in [*told.query, *([LIMIT, STARTING_AFTER] if told.pages else [])]:
            described = {
                "name": parameter.name,
                "in": "query",
                "required": parameter.is_required,
                "description": parameter.description,
                "schema": dict(parameter.schema),
            }
            if parameter.example is not None:
                described["example"] = parameter.example
            if parameter.style != "form" or not parameter.explode:
                described |= {"style": parameter.style, "explode": parameter.explode}
            yield described

    def _answers(self, told: Operation, *, is_public: bool) -> dict[str, Any]:
        good: dict[str, Any] = {
            "description": "Done." if told.status != 201 else "Made.",
            "headers": RATE_LIMIT_HEADERS | (REPLAYED_HEADER if self.method == "POST" else {}),
        }
        if told.answer is not None:
            one = self.resolve_serializer(told.answer, "response").ref
            schema, example = one, told.example
            if told.answer is EventOutput:
                # Webhooks, whose it is, know no payment.
                example = {**example, "data": PaymentOutput.example()}
            if told.is_list:
                schema = _envelope(one)
                example = {"object": "list", "data": [example], "has_more": False}
            good["content"] = {"application/json": {"schema": schema, **_example(example)}}
        answers = {str(told.status): good}
        refusals: dict[int, list[str]] = {}
        for code, status in self._refusals(told, is_public=is_public):
            refusals.setdefault(status, []).append(code)
        for status in sorted(refusals):
            answers[str(status)] = _refusal(status, refusals[status])
        return answers

    def _refusals(self, told: Operation, *, is_public: bool) -> Iterator[tuple[str, int]]:
        codes: list[type[DomainError] | str] = [*told.errors]
        if not is_public:
            codes += [*REFUSES_A_CALLER, *self._credential_refusals()]
        if self.method == "POST":
            codes += REFUSES_A_POST
        if told.body is not None:
            codes += REFUSES_A_BODY
        if told.form is not None:
            codes += REFUSES_A_FORM
        if told.is_list or told.query:
            codes += REFUSES_A_QUERY
        elif self.method != "GET":
            codes += REFUSES_A_CHANGE
        if told.pages:
            codes += REFUSES_A_PAGE
        if _variables(self.path):
            codes += REFUSES_AN_ID
        for code in dict.fromkeys([*codes, *REFUSES_ANYBODY]):
            if not isinstance(code, str):
                yield code.code, code.status
            elif code in known_refusals():
                yield code, known_refusals()[code][0]
            else:
                warn(f"{self.method} {self.path} names an unknown error: {code}")

    def _credential_refusals(self) -> list[type[DomainError]]:
        """All that the modules of the view's authentication classes declare."""
        modules = [type(one).__module__ for one in reversed(self.view.get_authenticators())]
        return [
            error
            for module in dict.fromkeys(modules)
            for error in vars(sys.modules[module]).values()
            if isinstance(error, type)
            and issubclass(error, DomainError)
            and error.__module__ == module
        ]

    def _map_basic_serializer(self, serializer: Any, direction: Any) -> dict[str, Any]:
        schema: dict[str, Any] = super()._map_basic_serializer(serializer, direction)
        # What is sent is refused if it is unknown; answers may have more fields tomorrow.
        if direction == "request":
            schema.setdefault("additionalProperties", False)
        return schema

    def _map_serializer_field(
        self, field: Any, direction: Any, bypass_extensions: bool = False
    ) -> Any:
        own = getattr(field, "json_schema", None)
        if own is None:
            return super()._map_serializer_field(field, direction, bypass_extensions)
        return append_meta(dict(own), self._get_serializer_field_meta(field, direction))

    def _insert_field_validators(self, field: Any, schema: dict[str, Any]) -> None:
        super()._insert_field_validators(field, schema)
        is_sent = isinstance(field.parent, KnownFieldsOnly)
        if is_sent and getattr(field, "allow_blank", None) is False and "enum" not in schema:
            schema.setdefault("minLength", 1)


class _Generator(SchemaGenerator):
    """Only the merchants' API, in the order of the addresses; every view by our own schema."""

    def _initialise_endpoints(self) -> None:
        super()._initialise_endpoints()
        self.endpoints = [one for one in self.endpoints or () if one[0].startswith(PREFIX)]

    def create_view(self, callback: Any, method: str, request: Any = None) -> Any:
        view = super().create_view(callback, method, request)
        self._set_schema_to_view(view, _Schema())
        return view


def operation_id(path: str, method: str, *, is_list: bool) -> str:
    """payments_list, payments_create, payments_get, payments_cancel, payments_attempts_list."""
    words = _words(path)
    verb = {"PUT": "put", "PATCH": "update", "DELETE": "delete"}.get(method)
    if method == "GET":
        verb = "list" if is_list else "get"
    elif method == "POST" and len(words) == 1:
        verb = "create"
    # A POST below an object or a resource is named by its own last word.
    return "_".join([*words, *([verb] if verb else [])])


def known_refusals() -> dict[str, tuple[int, str]]:
    """Status and title of every code that the code has, once the doors are loaded."""
    if not _known:
        _ = get_resolver().url_patterns
        found: set[type[DomainError]] = {DomainError}
        while more := {child for one in found for child in one.__subclasses__()} - found:
            found |= more
        _known.update({one.code: (one.status, one.title) for one in found})
        for error, (code, title) in CODES.items():
            _known[code] = (error.status_code, title)
        _known.update(ANSWERED_DIRECTLY)
    return _known


_known: dict[str, tuple[int, str]] = {}


def _refusal(status: int, codes: Sequence[str]) -> dict[str, Any]:
    answer: dict[str, Any] = {
        "description": STATUS_TEXTS.get(status) or HTTPStatus(status).phrase,
        "content": {
            CONTENT_TYPE: {
                # One type for all: a list of codes in it would be closed, and tomorrow's not in it.
                "schema": {"$ref": "#/components/schemas/Problem"},
                "examples": {code: {"$ref": f"#/components/examples/{code}"} for code in codes},
            }
        },
    }
    if status in {429, 503} or "idempotency_key_in_flight" in codes:
        answer["headers"] = RETRY_AFTER_HEADER
    return answer


def _examples(document: Mapping[str, Any]) -> dict[str, Any]:
    """A problem of each code that any operation names."""
    codes = {
        code
        for methods in document["paths"].values()
        for described in methods.values()
        for answer in described["responses"].values()
        for code in answer.get("content", {}).get(CONTENT_TYPE, {}).get("examples", ())
    }
    found = {}
    for code in sorted(codes):
        status, title = known_refusals()[code]
        shown = problem(status=status, code=code, title=title, detail=title)
        found[code] = {"value": {**shown, "doc_url": f"{SERVER}/docs/errors#{code}"}}
    return found


def _share_refusals(document: dict[str, Any]) -> dict[str, Any]:
    """Refusals that several operations have alike become components, named by their status."""
    counted = Counter(json.dumps(answer) for _, _, answer in _refusals_of(document))
    shared: dict[str, Any] = {}
    names: dict[str, str] = {}
    for answers, status, answer in list(_refusals_of(document)):
        text = json.dumps(answer)
        if counted[text] < 2:
            continue
        if text not in names:
            phrase = HTTPStatus(int(status)).phrase.title().replace(" ", "").replace("-", "")
            number = sum(name.rstrip("0123456789") == phrase for name in names.values()) + 1
            names[text] = phrase if number == 1 else f"{phrase}{number}"
            shared[names[text]] = answer
        answers[status] = {"$ref": f"#/components/responses/{names[text]}"}
    return dict(sorted(shared.items()))


def _refusals_of(document: Mapping[str, Any]) -> Iterator[tuple[dict[str, Any], str, Any]]:
    for methods in document["paths"].values():
        for described in methods.values():
            for status, answer in described["responses"].items():
                if CONTENT_TYPE in answer.get("content", {}):
                    yield described["responses"], status, answer


def _envelope(one: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "required": ["object", "data", "has_more"],
        "properties": {
            "object": {"type": "string", "const": "list", "description": WORDS["object"]},
            "data": {
                "type": "array",
                "items": dict(one),
                "description": "The objects of this page.",
            },
            "has_more": {"type": "boolean", "description": "Whether older objects follow."},
        },
    }


def _example(value: Any) -> dict[str, Any]:
    return {} if value is None else {"example": value}


def _words(path: str) -> list[str]:
    return [
        word for word in path.removeprefix(PREFIX).split("/") if word and not word.startswith("{")
    ]


def _variables(path: str) -> list[str]:
    return [word[1:-1] for word in path.split("/") if word.startswith("{")]
