"""A field of what is answered is declared once: JSON, schema and example come of that one line."""

from __future__ import annotations

from datetime import UTC, datetime
from types import SimpleNamespace
from uuid import UUID

import pytest
from drf_spectacular.plumbing import ComponentRegistry
from rest_framework import serializers
from rest_framework.views import APIView

from apps.core.api.field_words import WORDS
from apps.core.api.openapi import operation
from apps.core.api.resource import Choice, Constant, Flag, Id, Instant, Number, Resource, Text
from apps.core.public_ids import encode_id
from apps.documentation.openapi_document import _Schema
from apps.payments import transitions as payments
from apps.payments.rules.representation import PaymentOutput
from apps.payouts import transitions as payouts
from apps.payouts.rules.representation import PayoutOutput
from apps.refunds import transitions as refunds
from apps.refunds.rules.representation import RefundOutput
from tests.factories import PaymentFactory

ROW_ID = UUID("0192a000-0000-7000-8000-000000000001")


class MaterialOutput(Resource):
    name = Text(example="Gold")


class CoinOutput(Resource):
    id = Id("coin", example="coin_01kasd9y7nfx58m4vqgh3w2z6t")
    object = Constant("coin")
    side = Choice(["head", "tail"], source="shown.side", allow_null=True, example="head")
    owner = Id("mer", source="owner_id", allow_null=True, example=None)
    value = Number(allow_null=True, example=0)
    text = Text(source="*", convert=lambda coin: f"{coin.value} F", example="0 F")
    minted_at = Instant(allow_null=True, example="2026-11-22T08:00:00.000Z")
    material = MaterialOutput(source="*")
    box = MaterialOutput(allow_null=True, example=None)
    is_yours = Flag(is_given=True, example=True)


class NotedOutput(CoinOutput):
    livemode = Flag(example=False)
    description = Text(example="", help_text="Of the mint.")


class CoinWithCopiesOutput(CoinOutput):
    copies = MaterialOutput(many=True, is_given=True, required=False)


def coin(**changes):
    row = {
        "id": ROW_ID,
        "shown": SimpleNamespace(side=""),
        "owner_id": None,
        "value": 0,
        "minted_at": datetime(2026, 11, 22, 8, tzinfo=UTC),
        "name": "Gold",
        "box": None,
    }
    return SimpleNamespace(**row | changes)


def schema_of(resource):
    schema = _Schema()
    schema.registry = ComponentRegistry()
    schema.view, schema.path, schema.method = APIView(request=None), "/", "GET"
    return schema.resolve_serializer(resource, "response").schema


def test_a_field_has_the_words_of_its_name_unless_it_has_its_own():
    found = schema_of(NotedOutput)["properties"]

    assert found["livemode"]["description"] == WORDS["livemode"]
    assert found["description"]["description"] == "Of the mint."
    # No name that all answers share.
    assert "description" not in found["side"]


@pytest.mark.django_db
def test_one_line_more_is_in_the_json_the_schema_and_the_example():
    class LongerOutput(PaymentOutput):
        shop = Text(source="merchant.name", example="Boutique Wouri", help_text="Whose it is.")

    @operation(summary="Get it", answer=LongerOutput)
    def handler(self, request):
        raise NotImplementedError

    payment = PaymentFactory()
    before, after = schema_of(PaymentOutput), schema_of(LongerOutput)

    assert LongerOutput.as_json(payment) == {
        **PaymentOutput.as_json(payment),
        "shop": payment.merchant.name,
    }
    assert after["properties"] == {
        **before["properties"],
        "shop": {"type": "string", "description": "Whose it is."},
    }
    assert set(after["required"]) == {*before["required"], "shop"}
    assert handler.operation.example == {**PaymentOutput.example(), "shop": "Boutique Wouri"}


@pytest.mark.parametrize(
    ("lifecycle", "resource"),
    [
        (payments.LIFECYCLE, PaymentOutput),
        (refunds.LIFECYCLE, RefundOutput),
        (payouts.LIFECYCLE, PayoutOutput),
    ],
)
def test_events_carry_what_is_answered(lifecycle, resource):
    assert lifecycle.as_json is resource.as_json


def test_a_field_is_read_from_where_the_row_has_it_and_made_json():
    assert CoinOutput.as_json(coin(), is_yours=False) == {
        "id": encode_id("coin", ROW_ID),
        "object": "coin",
        # An empty text is null, zero is not.
        "side": None,
        "owner": None,
        "value": 0,
        "text": "0 F",
        "minted_at": "2026-11-22T08:00:00.000Z",
        "material": {"name": "Gold"},
        "box": None,
        "is_yours": False,
    }


def test_what_may_be_null_is_there_when_there_is_something():
    row = coin(shown=SimpleNamespace(side="tail"), owner_id=ROW_ID, minted_at=None, value=None)

    found = CoinOutput.as_json(row, is_yours=True)

    assert (found["side"], found["owner"]) == ("tail", encode_id("mer", ROW_ID))
    assert (found["minted_at"], found["value"]) == (None, None)


@pytest.mark.parametrize("box", [{"name": "Oak"}, SimpleNamespace(name="Oak")])
def test_a_part_is_read_from_an_object_or_is_json_already(box):
    assert CoinOutput.as_json(coin(box=box), is_yours=True)["box"] == {"name": "Oak"}


def test_what_the_row_does_not_have_is_given_by_name_and_nothing_else_is():
    for given in ({}, {"is_yours": True, "colour": "red"}):
        with pytest.raises(TypeError):
            CoinOutput.as_json(coin(), **given)


def test_a_list_of_parts_may_be_left_out_of_the_example_but_not_of_the_answer():
    copies = [SimpleNamespace(name="Silver"), SimpleNamespace(name="Brass")]

    found = CoinWithCopiesOutput.as_json(coin(), is_yours=True, copies=copies)

    assert found["copies"] == [{"name": "Silver"}, {"name": "Brass"}]
    assert CoinWithCopiesOutput.example() == CoinOutput.example()


def test_an_example_differs_only_in_fields_that_there_are():
    assert CoinOutput.example(value=5) == {**CoinOutput.example(), "value": 5}
    with pytest.raises(TypeError):
        CoinOutput.example(colour="red")


def test_a_field_without_an_example_is_refused():
    with pytest.raises(TypeError):
        Text(help_text="What is it like?")
    with pytest.raises(AttributeError):
        type("BareOutput", (Resource,), {"name": serializers.CharField()})
