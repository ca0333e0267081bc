"""What is answered of one kind of object, each field declared once.

How to:

    class RefundOutput(Resource):
        id = Id("ref", example="ref_01kasdc2s4h7j9n1q3t5v8x0zb")
        object = Constant("refund")
        reason = Text(example="One ticket returned", help_text="Your own.")
        country = Text(source="payment.country", example="CM")

Of these lines come the JSON that the API and the events carry, `RefundOutput.as_json(refund)`; the
schema in the OpenAPI document, for a Resource is a serializer; and its example,
`RefundOutput.example(status="failed")`, where what is named differs.

- `source`: where the row has it, if not under the field's own name; "*" is the row itself.
- `convert`: makes JSON of what is there. Ids, instants and other resources have theirs.
- `is_given`: the row does not have it: it is handed to `as_json` by name.
- `allow_null=True`: an empty text is null.
- `help_text`: the description; its French stands in docs/reference.fr.json. Without one a field has
  the words of its name, which all answers share: apps.core.api.field_words.

A Resource stands in its app's `representation.py`, below whatever tells of the object; one that
only answers have, in `api/`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar
from uuid import UUID

from rest_framework import serializers

from apps.core.api.field_words import WORDS
from apps.core.api.fields import MetadataField
from apps.core.json_format import instant_as_json
from apps.core.public_ids import encode_id

Convert = Callable[[Any], Any]
_UNSAID: Any = object()
# For the reader of types alone: in truth each field brings its own.
if TYPE_CHECKING:
    _Field = serializers.Field[Any, Any, Any, Any]
else:
    _Field = object


class _Described(_Field):
    """A field that has the words of its name, unless it has its own."""

    def bind(self, field_name: str, parent: Any) -> None:
        super().bind(field_name, parent)
        self.help_text = self.help_text or WORDS.get(field_name)


class _Shown(_Described):
    """A field of an answer: a field of rest_framework that has an example and knows its JSON."""

    to_json: Convert | None = None

    def __init__(
        self,
        *args: Any,
        example: Any,
        convert: Convert | None = None,
        is_given: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.shown = example
        self.convert = convert or self.to_json
        self.is_given = is_given


class Text(_Shown, serializers.CharField):
    pass


class Choice(_Shown, serializers.ChoiceField):
    """One of the words in `choices`."""


class Number(_Shown, serializers.IntegerField):
    pass


class Flag(_Shown, serializers.BooleanField):
    pass


class Instant(_Shown, serializers.DateTimeField):
    to_json = staticmethod(instant_as_json)


class Uuid(_Shown, serializers.UUIDField):
    to_json = str


class Id(_Shown, serializers.CharField):
    """The public id, which begins with `prefix`, of the object whose UUID the row has."""

    def __init__(self, prefix: str, **kwargs: Any) -> None:
        convert = _id_or_null if kwargs.get("allow_null") else encode_id
        super().__init__(convert=partial(convert, prefix), **kwargs)


def _id_or_null(prefix: str, value: UUID | None) -> str | None:
    return None if value is None else encode_id(prefix, value)


class Constant(_Shown, serializers.ChoiceField):
    """The same of every row."""

    def __init__(self, value: str) -> None:
        super().__init__([value], example=value)


class List(_Shown, serializers.ListField):
    """A list of what `child` shows: each as the row has it."""


class Json(_Shown, serializers.Field[Any, Any, Any, Any]):
    """As the row has it, of this JSON schema."""

    def __init__(self, json_schema: Mapping[str, Any], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.json_schema = json_schema


class Metadata(_Shown, MetadataField):
    pass


class Resource(_Described, serializers.Serializer[Any]):
    """All fields of one kind of object, see the top of this page. Within another it is a field.

    `as_json(row, …)` is what is answered of a row, and takes what is given by name. It makes no
    query if the row was read with all that `source` names.
    """

    as_json: ClassVar[Callable[..., dict[str, Any]]]

    def __init__(
        self,
        *args: Any,
        example: Any = _UNSAID,
        convert: Convert | None = None,
        is_given: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.shown = self.example() if example is _UNSAID else example
        own = type(self).as_json if self.source == "*" else self._part_as_json
        self.convert = convert or own
        self.is_given = is_given

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        cls.as_json = staticmethod(_writer(cls._declared_fields))

    @classmethod
    def example(cls, **changes: Any) -> dict[str, Any]:
        """An object as the documentation shows it; `changes` are fields that differ from it."""
        if unknown := sorted(changes.keys() - cls._declared_fields.keys()):
            raise TypeError(f"{cls.__name__} has no {', '.join(unknown)}")
        own = {}
        for name, field in cls._declared_fields.items():
            if field.required:
                one, is_many = _one(field)
                own[name] = [one.shown] if is_many else one.shown
        return own | changes

    def _part_as_json(self, part: Any) -> dict[str, Any] | None:
        """A column of JSON holds it as it is answered."""
        return part if part is None or isinstance(part, dict) else self.as_json(part)


def _one(field: Any) -> tuple[Any, bool]:
    """What was declared, and whether it stands for a list of it (many=True)."""
    is_many = isinstance(field, serializers.ListSerializer)
    return (field.child if is_many else field), is_many


def _writer(fields: Mapping[str, Any]) -> Callable[..., dict[str, Any]]:
    """The function that a hand would write: `lambda row, *, secret: {"id": _id(row.id), …}`.

    Made once for each Resource, as dataclasses make theirs: a loop over the fields takes half as
    long again, and rest_framework's `data` three times as long, for each payment and event.
    """
    known: dict[str, Any] = {}
    given, pairs = [], []
    for name, field in fields.items():
        one, is_many = _one(field)
        value = "row" if field.source == "*" else f"row.{field.source or name}"
        if one.is_given:
            given.append(name)
            value = name
        if isinstance(field, Constant):
            value = repr(field.shown)
        elif one.convert is not None:
            known[f"_{name}"] = partial(_each, one.convert) if is_many else one.convert
            value = f"_{name}({value})"
        elif field.allow_null and isinstance(field, Text | Choice):
            value += " or None"
        pairs.append(f"{name!r}: {value}")
    parameters = ", *, ".join(["row=None", *([", ".join(given)] if given else [])])
    literal = f"lambda {parameters}: {{{', '.join(pairs)}}}"
    # Made of the names in our own code alone.
    return eval(literal, known)  # type: ignore[no-any-return]  # noqa: S307


def _each(convert: Convert, values: Iterable[Any]) -> list[Any]:
    return [convert(value) for value in values]
