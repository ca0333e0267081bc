"""Generators make names of the description's names: no two of theirs may be one.

They name what has no name of its own by where it stands: the choices of Payment's `method` become
PaymentMethod. Most of them see neither case nor underscores.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from tests.docs.pages import read

METHODS = {"get", "post", "put", "patch", "delete"}
# What the usual generators hang on an operation's name.
OF_AN_OPERATION = (
    "", "Api", "Body", "Data", "Error", "Errors", "Header", "Headers", "Params", "Request",
    "Response", "Responses", "Result",
)  # fmt: skip


def folded(name: str) -> str:
    return re.sub("[^a-z0-9]", "", name.lower())


def document() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(read("docs/openapi.json"))
    return found


def operations(found: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for methods in found["paths"].values():
        for method, operation in methods.items():
            if method in METHODS:
                yield operation


def inner_names(name: str, schema: dict[str, Any]) -> Iterator[str]:
    """The names given to what a schema holds: choices and objects without a name."""
    if "enum" in schema or "properties" in schema or "additionalProperties" in schema:
        yield name
    for inner, part in schema.get("properties", {}).items():
        yield from inner_names(name + inner, part)
    if "items" in schema:
        yield from inner_names(f"{name}Item", schema["items"])
    for key in ("oneOf", "anyOf", "allOf"):
        for number, part in enumerate(schema.get(key, ())):
            yield from inner_names(f"{name}Type{number}", part)


def names_of_types(found: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Each name a generator may give, and where it comes from."""
    for name, schema in found["components"]["schemas"].items():
        yield name, f"schema {name}"
        for inner in inner_names(name, schema):
            if folded(inner) != folded(name):
                yield inner, f"inside {name}"
    for name in found["components"]["responses"]:
        yield f"{name}Response", f"response {name}"
    for tag in found["tags"]:
        yield f"{tag['name']}Api", f"group {tag['name']}"
    for operation in operations(found):
        one = operation["operationId"]
        for more in OF_AN_OPERATION:
            yield one + more, f"operation {one}"
        for status in operation["responses"]:
            yield f"{one}Response{status}", f"operation {one}"
        for parameter in operation.get("parameters", ()):
            for inner in inner_names(one + parameter["name"], parameter["schema"]):
                yield inner, f"parameter of {one}"


def collisions(found: dict[str, Any]) -> dict[str, set[str]]:
    places = defaultdict(set)
    for name, place in names_of_types(found):
        places[folded(name)].add(place)
    return {name: told for name, told in places.items() if len(told) > 1}


def test_no_two_types_of_a_generated_client_have_one_name():
    assert collisions(document()) == {}


def test_the_collision_that_cost_a_payment_is_seen():
    found = document()
    found["components"]["schemas"]["PaymentMethod"] = {"type": "object", "properties": {}}

    assert collisions(found) == {"paymentmethod": {"schema PaymentMethod", "inside Payment"}}


def test_no_two_fields_or_arguments_have_one_name():
    found = document()
    several = {
        f"schema {name}": list(schema.get("properties", ()))
        for name, schema in found["components"]["schemas"].items()
    }
    for operation in operations(found):
        arguments = [parameter["name"] for parameter in operation.get("parameters", ())]
        content = operation.get("requestBody", {}).get("content", {})
        bodies = [each["schema"]["$ref"].rpartition("/")[2] for each in content.values()]
        several[operation["operationId"]] = [*arguments, *bodies, *(["body"] if bodies else [])]

    assert {
        place: names for place, names in several.items() if len({*map(folded, names)}) < len(names)
    } == {}
