"""lomi/models.py and lomi/client.py from docs/openapi.json; `make sdk` formats them too."""

from __future__ import annotations

import json
import keyword
from collections.abc import Iterator, Mapping
from pathlib import Path
from textwrap import wrap
from typing import Any

FORM = "multipart/form-data"
PACKAGE = Path(__file__).parent / "lomi"
DOCUMENT = Path(__file__).parents[2] / "docs" / "openapi.json"

NOTE = '"""{}\n\nMade by `make sdk` from docs/openapi.json: change that, not this.\n"""\n'
MODELS_HEAD = (
    NOTE.format("What is sent and answered.")
    + """
from __future__ import annotations

from typing import Any, Literal, NotRequired, TypedDict
"""
)
CLIENT_HEAD = (
    NOTE.format("Every operation of the API.")
    + """
from __future__ import annotations

import ssl
from collections.abc import Mapping, Sequence
from os import PathLike
from typing import Any, Literal, cast

from lomi import models
from lomi.connection import Connection
from lomi.file_form import FilePart
from lomi.pages import Page
"""
)
CLIENT_FOOT = '''

class Client:
    """The API, one attribute a resource.

    Args:
        key: lomi_sk_test_… or lomi_sk_live_…, or an OAuth access token.
        url: where the platform is.
        ssl_context: with a client certificate, for mutual TLS.
    """

    def __init__(
        self,
        key: str,
        *,
        url: str = "{url}",
        timeout_s: float = 30,
        ssl_context: ssl.SSLContext | None = None,
        connection: Connection | None = None,
    ):
        connection = connection or Connection(
            key, url=url, timeout_s=timeout_s, ssl_context=ssl_context
        )
{attributes}
'''
LINE_MAX = 100


def main() -> None:
    for name, text in generate().items():
        (PACKAGE / name).write_text(text, encoding="utf-8")


def generate() -> dict[str, str]:
    """Each made file's name and text."""
    document = json.loads(DOCUMENT.read_text(encoding="utf-8"))
    return {"models.py": _models(document), "client.py": _client(document)}


# --- models.py


def _models(document: Mapping[str, Any]) -> str:
    parts = [MODELS_HEAD]
    for name, schema in document["components"]["schemas"].items():
        if "properties" in schema:
            parts.append(_typed_dict(name, schema))
        else:
            parts.append(f"\n{name} = {_type(schema, own=True)}\n")
    return "\n".join(parts)


def _typed_dict(name: str, schema: Mapping[str, Any]) -> str:
    required = set(schema.get("required", ()))
    fields = {
        field: _type(inner, own=True)
        if field in required
        else f"NotRequired[{_type(inner, own=True)}]"
        for field, inner in schema["properties"].items()
    }
    words = {field: one.get("description", "") for field, one in schema["properties"].items()}
    if any(keyword.iskeyword(field) for field in fields):
        lines = "".join(
            f'{_comment(words[field], indent=8)}        "{field}": {kind},\n'
            for field, kind in fields.items()
        )
        return f'\n{name} = TypedDict(\n    "{name}",\n    {{\n{lines}    }},\n)\n'
    lines = "".join(
        f"    {field}: {kind}\n{_docstring(words[field])}" for field, kind in fields.items()
    )
    return f"\nclass {name}(TypedDict):\n{lines}" if lines else f"\nclass {name}(TypedDict): ...\n"


def _docstring(text: str) -> str:
    """What an editor shows of a field: a text right below it."""
    if not text:
        return ""
    lines = wrap(text.replace("\\", "\\\\").replace('"', "'"), LINE_MAX - 10)
    return '    """' + "\n    ".join(lines) + '"""\n'


def _comment(text: str, *, indent: int) -> str:
    return "".join(f"{' ' * indent}# {line}\n" for line in wrap(text, LINE_MAX - indent - 2))


def _type(schema: Mapping[str, Any], *, own: bool = False) -> str:
    """`own`: within models.py, where names stand alone."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return name if own else f"models.{name}"
    for key in ("oneOf", "anyOf", "allOf"):
        if key in schema:
            return " | ".join(dict.fromkeys(_type(one, own=own) for one in schema[key]))
    if "const" in schema or "enum" in schema:
        words = schema.get("enum", [schema.get("const")])
        kinds = ["None" if word is None else json.dumps(word) for word in words]
        is_nullable = "null" in schema.get("type", ()) and "None" not in kinds
        return f"Literal[{', '.join(kinds)}]" + (" | None" if is_nullable else "")
    names = schema.get("type", "any")
    if isinstance(names, list):
        return " | ".join(_type({**schema, "type": name}, own=own) for name in names)
    if names == "array":
        return f"list[{_type(schema.get('items', {}), own=own)}]"
    if names == "object":
        inner = schema.get("additionalProperties")
        return (
            f"dict[str, {_type(inner, own=own)}]" if isinstance(inner, dict) else "dict[str, Any]"
        )
    plain = {
        "string": "str",
        "integer": "int",
        "number": "float",
        "boolean": "bool",
        "null": "None",
    }
    return plain.get(names, "Any")


# --- client.py


def _client(document: Mapping[str, Any]) -> str:
    groups: dict[str, list[str]] = {}
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            tag = operation["tags"][0]
            answer = next(iter(operation["responses"].values()))
            if "text/event-stream" in answer.get("content", {}):
                continue
            name = operation["operationId"].removeprefix(f"{tag}_")
            methods_of_tag = groups.setdefault(tag, [])
            methods_of_tag.append(_method(name, path, method.upper(), operation))
            form = operation.get("requestBody", {}).get("content", {}).get(FORM)
            if form:
                fields = document["components"]["schemas"][form["schema"]["$ref"].split("/")[-1]]
                methods_of_tag.append(_form_method(name, path, operation, fields["properties"]))
    parts = [CLIENT_HEAD]
    for tag, methods in groups.items():
        parts.append(
            f"\nclass {_class_name(tag)}:\n"
            "    def __init__(self, connection: Connection):\n"
            "        self._connection = connection\n\n" + "\n".join(methods).rstrip() + "\n"
        )
    attributes = "\n".join(f"        self.{tag} = {_class_name(tag)}(connection)" for tag in groups)
    url = document["servers"][0]["url"]
    return "\n".join(parts) + CLIENT_FOOT.format(url=url, attributes=attributes)


def _method(name: str, path: str, method: str, operation: Mapping[str, Any]) -> str:
    content = next(iter(operation["responses"].values())).get("content", {})
    schema = next(iter(content.values()), {}).get("schema")
    items = (schema or {}).get("properties", {}).get("data", {}).get("items")
    pages = any(one["name"] == "starting_after" for one in operation.get("parameters", ()))
    body = operation.get("requestBody", {}).get("content", {}).get("application/json")
    ids = [one["name"] for one in operation.get("parameters", ()) if one["in"] == "path"]
    query = [one for one in operation.get("parameters", ()) if one["in"] == "query"]

    answer = "None" if schema is None else _type(schema)
    if items:
        answer = f"Page[{_type(items)}]" if pages else f"Sequence[{_type(items)}]"
    positional = [f"{one}: str" for one in ids]
    if body:
        positional.append(f"body: {_type(body['schema'])}")
    named = [f"{_safe(one['name'])}: {_asked(one['schema'])} | None = None" for one in query]
    if method == "POST":
        named.append("idempotency_key: str | None = None")
    given = ["self", *positional, *(["*", *named] if named else [])]
    lines = [
        f"    def {_safe(name)}(",
        *(f"        {one}," for one in given),
        f"    ) -> {answer}:",
    ]
    lines.append(f'        """{operation["summary"]}."""')

    passed = [f'"{method}"', f'"{path}"']
    if ids:
        passed.append("ids={" + ", ".join(f'"{one}": {one}' for one in ids) + "}")
    if query:
        words = ", ".join(f'"{one["name"]}": {_safe(one["name"])}' for one in query)
        lines.append(f"        query: dict[str, Any] = {{{words}}}")
        passed.append("query=query")
    if body:
        passed.append("body=cast(Mapping[str, Any], body)")
    if method == "POST":
        passed.append("idempotency_key=idempotency_key")
    call = f"self._connection.call({', '.join(passed)})"
    lines += list(_answering(call, answer, name, ids, query, pages=bool(items and pages)))
    return "\n".join(lines) + "\n"


def _form_method(
    name: str, path: str, operation: Mapping[str, Any], fields: Mapping[str, Any]
) -> str:
    """The same operation with a file that is too large for JSON."""
    schema = next(iter(operation["responses"].values()))["content"]["application/json"]["schema"]
    answer, texts = _type(schema), [one for one in fields if one != "file"]
    ids = [one["name"] for one in operation.get("parameters", ()) if one["in"] == "path"]
    places = ", ".join(f'"{one}": {one}' for one in ids)
    lines = [
        f"    def {_safe(name)}_from_file(",
        "        self,",
        *(f"        {one}: str," for one in ids),
        "        file: str | PathLike[str] | FilePart,",
        "        *,",
        *(f"        {_safe(one)}: str | None = None," for one in texts),
        "        idempotency_key: str | None = None,",
        f"    ) -> {answer}:",
        f'        """{operation["summary"]}, of a file on this machine, in pieces."""',
        f"        return cast({answer!r}, self._connection.call(",
        f'            "POST", "{path}", file=file,',
        *([f"            ids={{{places}}},"] if ids else []),
        "            form={" + ", ".join(f'"{one}": {_safe(one)}' for one in texts) + "},",
        "            idempotency_key=idempotency_key,",
        "        ))",
    ]
    return "\n".join(lines) + "\n"


def _answering(
    call: str, answer: str, name: str, ids: list[str], query: list[Any], *, pages: bool
) -> Iterator[str]:
    if pages:
        again = [f"{one}" for one in ids]
        again += [
            f"{_safe(one['name'])}={_safe(one['name'])}"
            for one in query
            if one["name"] != "starting_after"
        ]
        yield f"        found = {call}"
        yield (
            f"        return Page(found, lambda last: self.{_safe(name)}"
            f"({', '.join([*again, 'starting_after=last'])}))"
        )
    elif answer.startswith("Sequence"):
        yield f'        return cast("{answer}", {call}["data"])'
    elif answer == "None":
        yield f"        {call}"
    else:
        yield f'        return cast("{answer}", {call})'


def _asked(schema: Mapping[str, Any]) -> str:
    """Lists are asked for by any sequence, objects by any mapping."""
    if schema.get("type") == "array":
        return f"Sequence[{_type(schema['items'])}]"
    if schema.get("type") == "object":
        return "Mapping[str, str]"
    return _type(schema)


def _safe(name: str) -> str:
    return f"{name}_" if keyword.iskeyword(name) else name


def _class_name(tag: str) -> str:
    return "".join(word.capitalize() for word in tag.split("_"))


if __name__ == "__main__":
    main()
