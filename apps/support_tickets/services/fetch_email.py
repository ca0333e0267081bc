from __future__ import annotations

import logging
import re
from urllib.parse import unquote, urlsplit

from django.conf import settings
from imap_tools import A, BaseMailBox, MailBox, MailBoxUnencrypted, MailMessageFlags

from apps.core import database_clock
from apps.core.database_errors import is_away, is_busy
from apps.support_tickets.services.receive_email import EmailRefused, receive_email

logger = logging.getLogger(__name__)

TIMEOUT_S = 20
# At a time: the next turn takes the next ones.
EMAILS_MAX = 50
BYTES_MAX = 25 * 1024 * 1024
SIZE = re.compile(rb"RFC822\.SIZE (\d+)")

# A person looks at it in the mailbox, where it stays.
FOR_A_PERSON = [MailMessageFlags.SEEN, MailMessageFlags.FLAGGED]


def fetch_email() -> int:
    """Take what is unread in the support mailbox; returns how many e-mails were looked at.

    One that is taken is marked read; one that is not, read and flagged. It is marked after it was
    recorded: after a crash between the two it comes again, and is known by its Message-ID.

    Raises:
        OSError, imap_tools.MailboxLoginError: the mailbox cannot be reached.
    """
    if not settings.SUPPORT_MAILBOX:
        return 0
    with _open(settings.SUPPORT_MAILBOX) as mailbox:
        unread = mailbox.uids(A(seen=False))[:EMAILS_MAX]
        for uid in unread:
            mailbox.flag(uid, _take(mailbox, uid), value=True)
    return len(unread)


def _open(url: str) -> BaseMailBox:
    parts = urlsplit(url)
    host, user = parts.hostname or "", unquote(parts.username or "")
    # Without encryption for a server on the same machine.
    mailbox: BaseMailBox = (
        MailBoxUnencrypted(host, parts.port or 143, timeout=TIMEOUT_S)
        if parts.scheme == "imap"
        else MailBox(host, parts.port or 993, timeout=TIMEOUT_S)
    )
    folder = unquote(parts.path.lstrip("/")) or "INBOX"
    return mailbox.login(user, unquote(parts.password or ""), initial_folder=folder)


def _take(mailbox: BaseMailBox, uid: str) -> list[str]:
    """The flags that it gets."""
    if _size(mailbox, uid) > BYTES_MAX:
        logger.warning("email refused", extra={"reason": "too large"})
        return FOR_A_PERSON
    try:
        receive_email(_raw(mailbox, uid), now=database_clock.now())
    except EmailRefused as refusal:
        logger.warning("email refused", extra={"reason": str(refusal)})
        return FOR_A_PERSON
    except Exception as error:
        if is_away(error) or is_busy(error) or isinstance(error, OSError):
            # Nothing is wrong with the e-mail: the next turn takes it.
            raise
        logger.exception("email could not be taken")
        return FOR_A_PERSON
    return [MailMessageFlags.SEEN]


def _raw(mailbox: BaseMailBox, uid: str) -> bytes:
    """As it came. Reading it this way marks nothing."""
    _, answers = mailbox.client.uid("fetch", uid, "(BODY.PEEK[])")
    return bytes(next(one[1] for one in answers if isinstance(one, tuple)))


def _size(mailbox: BaseMailBox, uid: str) -> int:
    _, answers = mailbox.client.uid("fetch", uid, "(RFC822.SIZE)")
    found = SIZE.search(b" ".join(one for one in answers if isinstance(one, bytes)))
    return int(found[1]) if found else 0
