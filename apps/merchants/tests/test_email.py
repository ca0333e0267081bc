"""What merchants must act on reaches every member who wants it, in their language; none is lost."""

from __future__ import annotations

import re
from smtplib import SMTPRecipientsRefused

import pytest
from django.conf import settings as configured
from django.contrib.auth.models import User
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend
from django.db import transaction
from django.utils import timezone

from apps.core.models import OutboxMessage
from apps.core.work.worker_loop import run_worker_loop
from apps.merchants.models import Member
from apps.merchants.services.email_merchant import email_merchant
from tests.factories import MerchantFactory

pytestmark = pytest.mark.django_db(transaction=True)

FOLDER = configured.BASE_DIR / "templates" / "email"
# Others go to customers and staff, by their own apps.
OURS = ("api_key", "webhook")
TEMPLATES = sorted(
    {path.name.split(".")[0] for path in FOLDER.iterdir() if path.name.startswith(OURS)}
)

CONTEXT = {
    "key": "lomi_sk_test_8sKq…",
    "key_id": "key_01kasd9y7nfx58m4vqgh3w2z6t",
    "label": "Caisse d'Akwa & <Bonapriso>",
    "successor": "lomi_sk_test_Zz1p…",
    "successor_waits": "yes",
    "another_warning": "yes",
    "ends_at": "2026-11-30T08:30:00+00:00",
    "made_at": "2026-11-30T08:30:00+00:00",
    "url": "https://shop.example/hooks?a=1&b=2",
    "reason": "failing",
    "since": "2026-11-25T08:30:00+00:00",
    "count": "12",
    "webhook_endpoints": "we_01kasd9y7nfx58m4vqgh3w2z6t https://shop.example/hooks?a=1&b=2",
    "replay": '{"created_after": "2026-11-25T08:30:00Z"}',
}


def member(merchant, name, **fields):
    user = User.objects.create_user(name, email=f"{name}@shop.example")
    fields = {"role": Member.Role.OWNER, "created_at": timezone.now(), **fields}
    return Member.objects.create(merchant=merchant, user=user, **fields)


def tell(merchant, template="webhook_endpoint_paused", **context):
    with transaction.atomic():
        email_merchant(
            merchant_id=merchant.pk,
            template=template,
            context=CONTEXT | context,
            now=timezone.now(),
        )


@pytest.mark.parametrize("template", TEMPLATES)
@pytest.mark.parametrize(
    ("language", "day"), [("fr", "30 novembre 2026, 09:30 WAT"), ("en", "30 November 2026")]
)
def test_every_template_is_written_in_the_merchants_language(template, language, day):
    merchant = MerchantFactory(name="L'Épi d'Or", language=language)
    member(merchant, "awa")

    tell(merchant, template)
    run_worker_loop("merchants.email")

    (email,) = mail.outbox
    assert email.to == ["awa@shop.example"]
    assert email.subject and "\n" not in email.subject
    assert "L'Épi d'Or" in email.body
    assert email.body.startswith({"fr": "Bonjour,", "en": "Hello,"}[language])
    assert not re.search(r"&(amp|#\d|lt|quot)|{[{%]|\n\n\n", email.subject + email.body)
    if template.startswith("api_key"):
        assert day in email.body
        assert CONTEXT["label"] in email.body
    else:
        assert CONTEXT["url"] in email.subject + email.body


def test_both_languages_have_every_template():
    files = sorted(path.name for path in FOLDER.iterdir())

    names = {name.split(".")[0] for name in files}
    assert files == sorted(f"{name}.{language}.txt" for name in names for language in ("en", "fr"))
    assert len(TEMPLATES) >= 4


def test_french_comes_first():
    merchant = MerchantFactory(language="pt")
    member(merchant, "awa")

    tell(merchant)
    run_worker_loop("merchants.email")

    assert mail.outbox[0].subject.startswith("Vos webhooks sont en pause")


def test_members_who_want_it_are_told_and_nobody_else():
    merchant = MerchantFactory()
    for name in ("awa", "binta"):
        member(merchant, name)
    member(merchant, "quiet", is_notified=False)
    gone = member(merchant, "gone")
    User.objects.filter(pk=gone.user_id).update(is_active=False)
    nowhere = member(merchant, "nowhere")
    User.objects.filter(pk=nowhere.user_id).update(email="")
    member(MerchantFactory(), "stranger")

    tell(merchant)
    run_worker_loop("merchants.email")

    told = sorted(address for email in mail.outbox for address in email.to)
    assert told == ["awa@shop.example", "binta@shop.example"]
    assert not OutboxMessage.objects.exists()


def test_what_is_rolled_back_is_not_told():
    merchant = MerchantFactory()
    member(merchant, "awa")

    with pytest.raises(ZeroDivisionError), transaction.atomic():
        tell(merchant)
        raise ZeroDivisionError

    assert not OutboxMessage.objects.exists()


def test_an_email_that_the_server_refuses_is_kept_and_sent_later(monkeypatch):
    merchant = MerchantFactory()
    for name in ("awa", "binta"):
        member(merchant, name)
    refused = SMTPRecipientsRefused({"awa@shop.example": (450, b"later")})
    real = EmailBackend.send_messages

    def send(backend, messages):
        if messages[0].to == ["awa@shop.example"]:
            raise refused
        return real(backend, messages)

    monkeypatch.setattr(EmailBackend, "send_messages", send)
    tell(merchant)
    run_worker_loop("merchants.email")
    (kept,) = OutboxMessage.objects.all()
    first = [email.to for email in mail.outbox]
    monkeypatch.setattr(EmailBackend, "send_messages", real)
    OutboxMessage.objects.update(available_at=timezone.now())
    run_worker_loop("merchants.email")

    assert first == [["binta@shop.example"]]
    assert kept.last_error == "EmailNotSent: SMTPRecipientsRefused"
    assert [email.to for email in mail.outbox] == [["binta@shop.example"], ["awa@shop.example"]]
    assert not OutboxMessage.objects.exists()


def test_an_email_sent_twice_bears_the_same_id():
    merchant = MerchantFactory()
    member(merchant, "awa")
    tell(merchant)
    message = OutboxMessage.objects.get()

    run_worker_loop("merchants.email")
    # As after a crash between sending and forgetting.
    message.save(force_insert=True)
    run_worker_loop("merchants.email")

    ids = {email.extra_headers["Message-ID"] for email in mail.outbox}
    assert len(mail.outbox) == 2
    assert len(ids) == 1


def test_a_line_break_in_a_value_does_not_reach_the_headers():
    merchant = MerchantFactory()
    member(merchant, "awa")

    tell(merchant, url="https://shop.example/\nBcc: spy@evil.example")
    run_worker_loop("merchants.email")

    (email,) = mail.outbox
    assert email.to == ["awa@shop.example"]
    assert "\n" not in email.subject
    assert email.recipients() == ["awa@shop.example"]
