"""The reference page: the OpenAPI document as groups, operations, fields and samples."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from apps.documentation.guides import inline_markdown, markdown
from apps.documentation.samples import Sample, samples_of

FILE = settings.BASE_DIR / "docs" / "openapi.json"
# What the document says, in French: its English text -> ours.
FRENCH = settings.BASE_DIR / "docs" / "reference.fr.json"
# JSON's own words for types, for the reader.
TYPES = {
    "object": gettext_noop("object"),
    "string": gettext_noop("string"),
    "integer": gettext_noop("integer"),
    "boolean": gettext_noop("boolean"),
}
PLACES = {
    "query": gettext_noop("query"),
    "header": gettext_noop("header"),
    "path": gettext_noop("path"),
}
# Shapes are shown this deep; nothing of ours is deeper.
DEPTH_MAX = 6


@dataclass(frozen=True, slots=True)
class Field:
    """One field, parameter or header as the page shows it; descriptions are HTML."""

    name: str
    type: str
    is_required: bool
    description: str
    choices: tuple[str, ...] = ()
    fields: tuple[Field, ...] = ()


@dataclass(frozen=True, slots=True)
class Refusal:
    """All codes of one status."""

    status: str
    description: str
    codes: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Operation:
    id: str
    method: str
    path: str
    summary: str
    description: str
    scope: str
    is_public: bool
    parameters: tuple[Field, ...]
    body: tuple[Field, ...]
    answer_status: str
    answer: tuple[Field, ...]
    answer_example: str
    refusals: tuple[Refusal, ...]
    samples: tuple[Sample, ...]


@dataclass(frozen=True, slots=True)
class Group:
    name: str
    title: str
    description: str
    operations: list[Operation] = field(default_factory=list)


@cache
def read_document() -> dict[str, Any]:
    """docs/openapi.json, with the address we are reached at. Read once a process."""
    document: dict[str, Any] = json.loads(FILE.read_text(encoding="utf-8"))
    document["servers"] = [{"url": settings.PUBLIC_URL}]
    return document


@cache
def read_reference(language: str) -> list[Group]:
    """All groups in `language`, in the order of the document's tags."""
    with translation.override(language):
        return _read_groups()


@cache
def read_introduction(language: str) -> str:
    """What stands before the groups, as HTML."""
    with translation.override(language):
        return markdown(said(read_document()["info"]["description"]))


def _read_groups() -> list[Group]:
    document = read_document()
    groups = {
        tag["name"]: Group(tag["name"], said(tag["x-displayName"]), said(tag["description"]))
        for tag in document["tags"]
    }
    for path, methods in document["paths"].items():
        for method, described in methods.items():
            groups[described["tags"][0]].operations.append(
                _operation(document, path, method.upper(), described)
            )
    return list(groups.values())


def said(text: str) -> str:
    """A text of the document in the reader's language; in English while it has no French."""
    return _french().get(text, text) if translation.get_language() == "fr" else text


@cache
def _french() -> dict[str, str]:
    return json.loads(FRENCH.read_text(encoding="utf-8"))  # type: ignore[no-any-return]


def _operation(
    document: Mapping[str, Any], path: str, method: str, described: Mapping[str, Any]
) -> Operation:
    content = described.get("requestBody", {}).get("content", {}).get("application/json", {})
    status, answer = next(iter(described["responses"].items()))
    answer_content: Mapping[str, Any] = next(iter(answer.get("content", {}).values()), {})
    example = answer_content.get("example")
    return Operation(
        id=described["operationId"],
        method=method,
        path=path,
        summary=said(described["summary"]),
        description=inline_markdown(said(described.get("description", ""))),
        scope=described.get("x-scope", ""),
        is_public=not described["security"],
        parameters=tuple(_parameters(document, described)),
        body=_fields(document, content.get("schema", {})),
        answer_status=status,
        answer=_fields(document, answer_content.get("schema", {})),
        answer_example=example if isinstance(example, str) else _pretty(example),
        refusals=tuple(_refusals(document, described)),
        samples=samples_of(
            url=document["servers"][0]["url"] + path,
            method=method,
            parameters=described.get("parameters", []),
            body=content.get("example"),
            is_public=not described["security"],
        ),
    )


def _parameters(document: Mapping[str, Any], described: Mapping[str, Any]) -> Iterator[Field]:
    for parameter in described.get("parameters", []):
        schema = _resolved(document, parameter["schema"])
        yield Field(
            name=parameter["name"],
            type=f"{_(PLACES[parameter['in']])}, {_type(document, schema)}",
            is_required=parameter.get("required", False),
            description=inline_markdown(said(parameter.get("description", ""))),
            choices=_choices(document, schema),
        )


def _fields(
    document: Mapping[str, Any], schema: Mapping[str, Any], depth: int = 1
) -> tuple[Field, ...]:
    schema = _resolved(document, schema)
    if schema.get("type") == "array" or "items" in schema:
        return _fields(document, schema["items"], depth)
    required = set(schema.get("required", ()))
    return tuple(
        Field(
            name=name,
            type=_type(document, inner),
            is_required=name in required,
            description=inline_markdown(said(inner.get("description", ""))),
            choices=_choices(document, inner),
            fields=_fields(document, inner, depth + 1) if depth < DEPTH_MAX else (),
        )
        for name, inner in schema.get("properties", {}).items()
    )


def _resolved(document: Mapping[str, Any], schema: Mapping[str, Any]) -> Mapping[str, Any]:
    """Without references, and without the "or null" around an object."""
    while True:
        if "$ref" in schema:
            schema = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
        elif "allOf" in schema and len(schema["allOf"]) == 1:
            schema = schema["allOf"][0]
        elif "oneOf" in schema:
            schema = next(one for one in schema["oneOf"] if one.get("type") != "null")
        else:
            return schema


def _type(document: Mapping[str, Any], schema: Mapping[str, Any]) -> str:
    names = schema.get("type", "")
    or_null = "null" in names if isinstance(names, list) else False
    or_null = or_null or any(one.get("type") == "null" for one in schema.get("oneOf", ()))
    schema = _resolved(document, schema)
    names = schema.get("type", "any")
    name = (
        next((one for one in names if one != "null"), "null") if isinstance(names, list) else names
    )
    name = _(TYPES.get(name, name))
    if name == "array":
        name = _("list of %(type)s") % {"type": _type(document, schema.get("items", {}))}
    elif schema.get("format"):
        name = f"{name}, {schema['format']}"
    bounds = [
        f"{words} {schema[key]}"
        for key, words in (
            ("minimum", _("at least")),
            ("maximum", _("at most")),
            ("maxLength", _("at most")),
            ("maxProperties", _("at most")),
        )
        if key in schema
    ]
    shown = ", ".join([name, *bounds])
    return " ".join([shown, _("or null")]) if or_null else shown


def _choices(document: Mapping[str, Any], schema: Mapping[str, Any]) -> tuple[str, ...]:
    schema = _resolved(document, schema)
    if "items" in schema:
        return _choices(document, schema["items"])
    if "const" in schema:
        return (str(schema["const"]),)
    return tuple(str(choice) for choice in schema.get("enum", ()) if choice is not None)


def _refusals(document: Mapping[str, Any], described: Mapping[str, Any]) -> Iterator[Refusal]:
    components = document["components"]
    for status, answer in described["responses"].items():
        if "$ref" in answer:
            answer = components["responses"][answer["$ref"].rpartition("/")[2]]
        content = answer.get("content", {}).get("application/problem+json")
        if content:
            titles = {
                code: said(components["examples"][code]["value"]["title"])
                for code in content["examples"]
            }
            yield Refusal(status, said(answer["description"]), tuple(titles.items()))


def _pretty(example: Any) -> str:
    return "" if example is None else json.dumps(example, indent=2, ensure_ascii=False)
