"""Where a payer writes to support: without an account, by the token of the payment's page."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.csrf import csrf_exempt

from apps.checkout.selectors.payer_view import PayerView, read_payer_view
from apps.core.admin import show_refusal
from apps.core.attachment import as_download
from apps.core.attachment_type import FILE_BYTES_MAX, MEDIA_TYPES
from apps.core.clean_text import BODY_LENGTH_MAX, COMMENT_LENGTH_MAX
from apps.core.client_address import client_address
from apps.core.errors import DomainError
from apps.payments.models import Payment
from apps.support_tickets.models import AuthorKind, Ticket, TicketAttachment
from apps.support_tickets.pages.help_limits import limit_help
from apps.support_tickets.rules.articles import articles_of_case, shown_articles
from apps.support_tickets.rules.author import payer_author
from apps.support_tickets.rules.contact import CONTACT_LENGTH_MAX
from apps.support_tickets.rules.payer_words import SENTENCES, STANDS, offered_categories
from apps.support_tickets.rules.texts import body_of, file_name_of
from apps.support_tickets.selectors.find_attachment import find_attachment
from apps.support_tickets.selectors.payer_ticket import payer_ticket
from apps.support_tickets.selectors.read_case import Voice, read_case
from apps.support_tickets.selectors.read_conversation import read_conversation
from apps.support_tickets.services.rate_ticket import SCORE_BEST, SCORE_WORST, rate_ticket
from apps.support_tickets.services.write_as_payer import PayerWord, write_as_payer

# The file and the fields beside it. More is not read.
FORM_BYTES_MAX = FILE_BYTES_MAX + 256 * 1024

POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; base-uri 'none';"
    " frame-ancestors 'none'"
)


class WordForm(forms.Form):
    category = forms.ChoiceField(label=gettext_lazy("What went wrong?"), widget=forms.RadioSelect)
    body = forms.CharField(
        label=gettext_lazy("Tell us more"),
        max_length=BODY_LENGTH_MAX,
        widget=forms.Textarea(attrs={"rows": 5}),
    )
    contact = forms.CharField(
        label=gettext_lazy("Your phone number or e-mail address, if we may contact you"),
        max_length=CONTACT_LENGTH_MAX,
        required=False,
    )
    file = forms.FileField(
        label=gettext_lazy("A picture or a PDF, such as the operator’s message (5 MB at most)"),
        required=False,
        widget=forms.FileInput(attrs={"accept": ",".join(MEDIA_TYPES)}),
    )

    def __init__(self, data: Any, files: Any, *, status: str, has_ticket: bool) -> None:
        super().__init__(data, files)
        if has_ticket:
            del self.fields["category"]
            self.fields["body"].label = _("Your answer")
        else:
            category: Any = self.fields["category"]
            category.choices = [(one, SENTENCES[one]) for one in offered_categories(status)]


class RatingForm(forms.Form):
    score = forms.TypedChoiceField(
        label=gettext_lazy("How content are you with our support?"),
        choices=[(number, str(number)) for number in range(SCORE_WORST, SCORE_BEST + 1)],
        coerce=int,
        widget=forms.RadioSelect,
    )
    comment = forms.CharField(
        label=gettext_lazy("A word on it, if you like"),
        max_length=COMMENT_LENGTH_MAX,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
    )


# Who knows the address may write: no cookie is asked for, and no other site knows it.
@csrf_exempt
def help_page(request: HttpRequest, token: str) -> HttpResponse:
    """What is wrong with a payment, in the payer's words, and what we answer."""
    view = _view(request, token)
    with translation.override(view.language):
        if request.method != "POST":
            return _page(request, token, view)
        if _length(request) > FORM_BYTES_MAX:
            refusal = _("The file is too large: 5 MB at most.")
            return _page(request, token, view, refusal=refusal, status=413)
        return _write(request, token, view)


def help_file(request: HttpRequest, token: str, attachment_id: str) -> HttpResponse:
    """A file of the conversation, only ever to be kept."""
    ticket = payer_ticket(_view(request, token).payment_id)
    if ticket is None:
        raise Http404
    try:
        attachment, content = find_attachment(attachment_id, ticket=ticket)
    except DomainError:
        raise Http404 from None
    return as_download(content, file_name_of(attachment), attachment.media_type)


def _view(request: HttpRequest, token: str) -> PayerView:
    view = read_payer_view(token, language=request.GET.get("language", ""))
    if view is None:
        raise Http404
    return view


def _length(request: HttpRequest) -> int:
    """What the request says of its body: more than that is not read of it."""
    text = request.META.get("CONTENT_LENGTH") or "0"
    return int(text) if text.isdecimal() else 0


def _write(request: HttpRequest, token: str, view: PayerView) -> HttpResponse:
    ticket = payer_ticket(view.payment_id)
    is_rating = "score" in request.POST and ticket is not None
    form: forms.Form = (
        RatingForm(request.POST)
        if is_rating
        else WordForm(
            request.POST, request.FILES, status=view.status, has_ticket=ticket is not None
        )
    )
    if not form.is_valid():
        return _page(request, token, view, form=form, status=400)
    try:
        limit_help(payment_id=view.payment_id, address=client_address(request))
        if is_rating and ticket is not None:
            rate_ticket(
                ticket_id=ticket.pk,
                author=payer_author(view.public_id),
                now=timezone.now(),
                **form.cleaned_data,
            )
        else:
            _send(form, view)
    except DomainError as refusal:
        page = _page(
            request, token, view, form=form, refusal=show_refusal(refusal), status=refusal.status
        )
        if refusal.retry_after_s is not None:
            page["Retry-After"] = str(refusal.retry_after_s)
        return page
    return redirect(f"{reverse('payer-help', args=[token])}?language={view.language}#newest")


def _send(form: forms.Form, view: PayerView) -> None:
    values = form.cleaned_data
    file = values["file"]
    write_as_payer(
        payment=Payment.objects.get(pk=view.payment_id),
        word=PayerWord(
            body=values["body"],
            category=values.get("category", ""),
            language=view.language,
            contact=values["contact"],
            # One byte more than is taken says that it is too large.
            file=(file.name, file.read(FILE_BYTES_MAX + 1)) if file is not None else None,
        ),
        now=timezone.now(),
    )


def _page(
    request: HttpRequest,
    token: str,
    view: PayerView,
    *,
    form: forms.Form | None = None,
    refusal: str = "",
    status: int = 200,
) -> HttpResponse:
    ticket = payer_ticket(view.payment_id)
    is_rating = isinstance(form, RatingForm)
    word_form = WordForm(None, None, status=view.status, has_ticket=ticket is not None)
    context = {
        "view": view,
        "refusal": refusal,
        "form": word_form if form is None or is_rating else form,
        "rating_form": form if is_rating else RatingForm(),
        "payment_url": f"{reverse('payer-page', args=[token])}?language={view.language}",
        "languages": settings.LANGUAGES,
        **_known(view),
        **(_conversation(ticket, token) if ticket else {}),
    }
    response = render(request, "support_tickets/help_page.html", context, status=status)
    response["Referrer-Policy"] = "no-referrer"
    response["Cache-Control"] = "no-store"
    response["Content-Security-Policy"] = POLICY
    return response


def _known(view: PayerView) -> dict[str, Any]:
    """What the case is by itself: what an agent does about a complaint is the agent's to say."""
    case = read_case("payment", view.payment_id)
    if case is None:
        return {}
    return {
        "known": case.sentence(Voice.PAYER, view.language),
        "articles": [
            shown_articles(view.language)[one.slug]
            for one in articles_of_case(case.code, case.failure_code)
        ],
    }


def _conversation(ticket: Ticket, token: str) -> dict[str, Any]:
    conversation = read_conversation(ticket)

    def files(message_id: object) -> list[dict[str, Any]]:
        return [
            _file(one, token) for one in conversation.attachments if one.message_id == message_id
        ]

    return {
        "ticket": ticket,
        "stands": STANDS[ticket.status],
        "zone": ticket.merchant.timezone if ticket.merchant else "UTC",
        "said": [
            {
                "is_own": message.author_kind == AuthorKind.PAYER,
                "at": message.created_at,
                "text": body_of(message),
                "files": files(message.pk),
            }
            for message in conversation.messages
        ],
        "loose_files": files(None),
    }


def _file(attachment: TicketAttachment, token: str) -> dict[str, Any]:
    return {
        "name": file_name_of(attachment),
        "size": attachment.size,
        "url": reverse("payer-help-file", args=[token, attachment.public_id]),
    }
