"""What each handler of the API says of itself: apps.documentation makes the OpenAPI document of it.

How to:

    class RefundDetail(APIView):
        scopes = {"GET": scopes.REFUNDS_READ}

        @operation(summary="Get a refund", answer=RefundOutput, errors=[RefundNotFound])
        def get(self, request, refund_id): …

- `answer` is a Resource (apps.core.api.resource) and `body` a serializer. Answers are exact: every
  field is there, no other is.
- A field class of your own says its JSON schema in an attribute `json_schema`; `help_text` is a
  field's description.
- `errors`: the DomainErrors the handler's one call may raise, or codes. Left out, because they come
  by themselves: authentication, scope, rate limit, database away; for a POST the idempotency key;
  for a `body` JSON and field errors; for what changes something unknown_parameter; for a list or
  with `query` that, invalid_parameter and invalid_page; with an id in the path wrong_mode.
- `form`: a serializer of what may be sent as multipart/form-data in place of `body`.
- `is_list=True`: `answer` and `example` are of one object; envelope and paging come by themselves.
  `pages=False` for a list without `limit` and `starting_after`.
- `query`: Parameters; those many lists share stand below.
- `example` is what is answered, where that differs from the answer's own; `request_example` what
  is sent.
- Operation ids come from the path and the method: payments_list, payments_create, payments_get,
  payments_cancel. Tags are the first word of the path.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from rest_framework.serializers import Serializer

from apps.core.api.resource import Resource
from apps.core.errors import DomainError
from apps.core.pagination import LIMIT_DEFAULT, LIMIT_MAX

Handler = TypeVar("Handler", bound=Callable[..., Any])
Schema = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter of the query string; `style` and `explode` as OpenAPI has them."""

    name: str
    description: str
    schema: Schema
    example: Any = None
    is_required: bool = False
    style: str = "form"
    explode: bool = True


@dataclass(frozen=True, slots=True)
class Operation:
    """All that `operation` was told."""

    summary: str
    answer: type[Resource] | None
    status: int
    body: type[Serializer[Any]] | None
    form: type[Serializer[Any]] | None
    errors: tuple[type[DomainError] | str, ...]
    query: tuple[Parameter, ...]
    example: Any
    request_example: Any
    is_list: bool
    pages: bool
    description: str


def operation(
    *,
    summary: str,
    answer: type[Resource] | None,
    status: int = 200,
    body: type[Serializer[Any]] | None = None,
    form: type[Serializer[Any]] | None = None,
    errors: Sequence[type[DomainError] | str] = (),
    query: Sequence[Parameter] = (),
    example: Any = None,
    request_example: Any = None,
    is_list: bool = False,
    pages: bool = True,
    description: str = "",
) -> Callable[[Handler], Handler]:
    """Describe a handler method; it is not changed. See the top of this page."""
    told = Operation(
        summary=summary,
        answer=answer,
        status=status,
        body=body,
        form=form,
        errors=tuple(errors),
        query=tuple(query),
        example=answer.example() if answer and example is None else example,
        request_example=request_example,
        is_list=is_list,
        pages=is_list and pages,
        description=description,
    )

    def describe(handler: Handler) -> Handler:
        handler.operation = told  # type: ignore[attr-defined]
        return handler

    return describe


def text_parameter(name: str, description: str, *, example: str = "") -> Parameter:
    return Parameter(name, description, {"type": "string", "maxLength": 500}, example or None)


def words_parameter(name: str, description: str, choices: Collection[str]) -> Parameter:
    """Comma-separated words, as apps.core.api.query_parameters.words reads them."""
    return Parameter(
        name,
        f"{description} Several with commas.",
        {"type": "array", "items": {"type": "string", "enum": list(choices)}},
        example=[next(iter(choices))],
        explode=False,
    )


LIMIT = Parameter(
    "limit",
    f"How many objects at most; {LIMIT_DEFAULT} unless you say.",
    {"type": "integer", "minimum": 1, "maximum": LIMIT_MAX, "default": LIMIT_DEFAULT},
    example=LIMIT_DEFAULT,
)
CREATED_AFTER = Parameter(
    "created_after",
    "Created at this instant or later. A day alone is its start in UTC.",
    {"type": "string", "format": "date-time"},
    example="2026-11-22T00:00:00Z",
)
CREATED_BEFORE = Parameter(
    "created_before",
    "Created before this instant.",
    {"type": "string", "format": "date-time"},
    example="2026-11-23T00:00:00Z",
)
METADATA = Parameter(
    "metadata",
    "Metadata that hold these texts: metadata[order]=42.",
    {"type": "object", "additionalProperties": {"type": "string", "maxLength": 500}},
    example={"order": "42"},
    style="deepObject",
)
