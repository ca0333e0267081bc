from __future__ import annotations

from django.contrib.auth.models import User
from django.core import mail
from django.utils import timezone

from apps.merchants.models import Member
from tests.core.poison.case import enqueue, topic


@topic(
    "merchants.email",
    spoils=("template", "context"),
    keys=("member_id", "template", "context"),
)
def emailed(world, spoilt):
    name = f"member{User.objects.count()}"
    user = User.objects.create_user(name, email=f"{name}@shop.example")
    member = Member.objects.create(
        merchant=world.merchant, user=user, role=Member.Role.OWNER, created_at=timezone.now()
    )
    enqueue(
        "merchants.email",
        member_id=str(member.pk),
        template="no_such" if spoilt == "template" else "webhook_endpoint_paused",
        context="{" if spoilt == "context" else "{}",
    )
    return lambda: [user.email] in [email.to for email in mail.outbox]
