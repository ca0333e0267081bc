"""The two steps in which a payer says which number pays: she types it, and agrees to what it comes
to. Without a script; a step that was overtaken asks nobody."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.checkout.selectors.number_offer import NumberOffer, read_offer
from apps.checkout.selectors.payer_view import PayerView
from apps.core import database_clock
from apps.core.errors import DomainError
from apps.merchants.selectors.refuse_disabled import MerchantDisabled
from apps.payments.services.name_payer import PayerAlreadyNamed, name_payer
from apps.providers.rules.phone_numbers import OPERATOR_NAMES

# As the API takes it.
PHONE_LENGTH_MAX = 40
# What a page may have known of; more are no attempts of ours.
TRIES_MAX = 99


class NumberForm(forms.Form):
    phone = forms.CharField(
        label=gettext_lazy("Your mobile money number"),
        max_length=PHONE_LENGTH_MAX,
        widget=forms.TextInput(
            attrs={"type": "tel", "autocomplete": "tel", "inputmode": "tel", "autofocus": True}
        ),
    )


class AgreeForm(forms.Form):
    """`seen`: how many numbers were asked when the page was shown."""

    phone = forms.CharField(max_length=PHONE_LENGTH_MAX, widget=forms.HiddenInput)
    operator = forms.ChoiceField(label=gettext_lazy("Pay with"), widget=forms.RadioSelect)
    seen = forms.IntegerField(min_value=0, max_value=TRIES_MAX, widget=forms.HiddenInput)

    def __init__(self, data: Any, *, operators: Sequence[str], **how: Any) -> None:
        super().__init__(data, **how)
        field: Any = self.fields["operator"]
        field.choices = [(one, OPERATOR_NAMES[one]) for one in operators]


def number_page(request: HttpRequest, view: PayerView, around: Mapping[str, Any]) -> HttpResponse:
    """The form, or where it leads: a payment that asks for no number any more says how it is."""
    here = f"{request.path}?language={view.language}"
    if not view.asks_number:
        return _see(here)
    if request.method != "POST":
        return _page(request, around, form=NumberForm())
    typed = NumberForm(request.POST)
    if not typed.is_valid():
        return _page(request, around, form=typed, status=400)
    now = database_clock.now()
    try:
        offer = read_offer(view.payment_id, phone=typed.cleaned_data["phone"], now=now)
        if "seen" not in request.POST:
            return _agree_page(request, view, around, offer)
        agreed = AgreeForm(request.POST, operators=offer.operators)
        if not agreed.is_valid():
            return _agree_page(request, view, around, offer, form=agreed, status=400)
        # The number that was shown, and not what it might be read as meanwhile.
        named = {**agreed.cleaned_data, "phone": offer.written}
        name_payer(payment_id=view.payment_id, now=now, **named)
    except (PayerAlreadyNamed, MerchantDisabled):
        # A second tap, or a page of before: how the payment stands is shown.
        return _see(here)
    except DomainError as refusal:
        page = _page(request, around, form=typed, refusal=_words(refusal), status=refusal.status)
        if refusal.retry_after_s is not None:
            page["Retry-After"] = str(refusal.retry_after_s)
        return page
    return _see(here)


def _see(here: str) -> HttpResponse:
    answer = HttpResponseRedirect(here)
    answer.status_code = 303
    return answer


def _agree_page(
    request: HttpRequest,
    view: PayerView,
    around: Mapping[str, Any],
    offer: NumberOffer,
    *,
    form: AgreeForm | None = None,
    status: int = 200,
) -> HttpResponse:
    known = {"phone": offer.written, "seen": view.tries, "operator": offer.operator}
    form = form or AgreeForm(None, operators=offer.operators, initial=known)
    return _page(request, around, form=form, offer=offer, status=status)


def _page(
    request: HttpRequest,
    around: Mapping[str, Any],
    *,
    form: forms.Form,
    offer: NumberOffer | None = None,
    refusal: str = "",
    status: int = 200,
) -> HttpResponse:
    more = {"form": form, "offer": offer, "refusal": refusal}
    return render(request, "checkout/number_page.html", {**around, **more}, status=status)


def _words(refusal: DomainError) -> str:
    """Why not, in the payer's words."""
    if refusal.status == 429:
        return _("This number was asked too often in a short time. Try again later.")
    if refusal.code in {"invalid_phone_number", "legacy_phone_number"}:
        return _("This is no phone number that we know. Check its digits.")
    return _("This number cannot pay here at the moment. Try another one.")
