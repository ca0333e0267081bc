"""Rails, and what a number can be asked by, as merchants see them."""

from __future__ import annotations

from apps.core.api.resource import Choice, Constant, Flag, Instant, Number, Resource, Text
from apps.core.money import EXPONENTS
from apps.providers.rules.payer_prompts import APPROVALS, payer_prompt
from apps.providers.rules.phone_numbers import is_sandbox_number, writings
from apps.routing.selectors.availability import OPERATIONS, RailStatus

CURRENCIES = sorted(EXPONENTS)


class MethodRailOutput(Resource):
    provider = Text(source="profile.code", example="mtn_momo")
    operator = Text(example="mtn")
    currency = Choice(CURRENCIES, example="XAF")
    amount_min = Number(example=1)
    amount_max = Number(example=5_000_000)
    authorization = Choice(
        APPROVALS, source="approval", example="approve_on_phone", help_text="How the payer agrees."
    )
    status = Choice(
        [RailStatus.OPEN.value, RailStatus.DELAYED.value],
        example="open",
        help_text="open: it answers as usual. delayed: it answers slowly.",
    )


class MethodReasonOutput(Resource):
    code = Choice(
        ["no_rail", "amount_out_of_range", "rail_closed"],
        example="no_rail",
        help_text="What happened, for a program.",
    )
    detail = Text(example="No provider serves this number.", help_text="What you can do about it.")


class MethodPredictionOutput(Resource):
    object = Constant("payment_method")
    livemode = Flag(is_given=True, example=False)
    phone = Text(
        source="phone.msisdn", convert="+{}".format, example="+237677000001", help_text="E.164."
    )
    national = Text(
        source="phone.msisdn",
        convert=lambda msisdn: writings(msisdn)[0],
        example="6 77 00 00 01",
        help_text="As written at home.",
    )
    international = Text(
        source="phone.msisdn",
        convert=lambda msisdn: writings(msisdn)[1],
        example="+237 6 77 00 00 01",
        help_text="As written abroad.",
    )
    country = Text(source="phone.country", example="CM")
    operator = Text(allow_null=True, example="mtn", help_text="Null when it is not known.")
    is_test_number = Flag(
        source="phone.msisdn",
        convert=is_sandbox_number,
        example=False,
        help_text="A number of a provider's own sandbox.",
    )
    rails = MethodRailOutput(
        many=True, is_given=True, help_text="What can serve it now, the best first."
    )
    reason = MethodReasonOutput(
        source="refusal",
        allow_null=True,
        example=None,
        help_text="Why no rail can: what creating the payment would answer; null if one can.",
    )


class PromptOutput(Resource):
    fr = Text(
        example="Une demande de paiement s'affiche sur votre téléphone. Entrez votre code secret"
        " pour l'accepter."
    )
    en = Text(
        example="A payment request appears on your phone. Enter your secret code to approve it."
    )


class AvailabilityOutput(Resource):
    object = Constant("availability")
    livemode = Flag(is_given=True, example=False)
    country = Text(example="CM")
    operator = Text(example="mtn")
    provider = Text(source="profile.code", example="mtn_momo")
    name = Text(source="profile.name", example="MTN Mobile Money", help_text="What payers call it.")
    operation = Choice(OPERATIONS, example="collect")
    status = Choice(
        [status.value for status in RailStatus],
        example="open",
        help_text="open: it answers as usual. delayed: it answers slowly. closed: our staff"
        " closed it.",
    )
    reason = Choice(
        ["closed_by_us", "slow_answers"],
        allow_null=True,
        example=None,
        help_text="Why it is delayed or closed; null while it is open.",
    )
    since = Instant(
        allow_null=True,
        example=None,
        help_text="When delayed: the first trouble of the last ten minutes; else null.",
    )
    currency = Choice(CURRENCIES, example="XAF")
    decimals = Number(
        source="currency",
        convert=EXPONENTS.__getitem__,
        example=0,
        help_text="Of the currency: 1500 XAF has none.",
    )
    amount_min = Number(example=1)
    amount_max = Number(example=5_000_000)
    authorization = Choice(
        APPROVALS, source="approval", example="approve_on_phone", help_text="How the payer agrees."
    )
    prompt = PromptOutput(
        source="approval", convert=payer_prompt, help_text="What to tell the payer."
    )
