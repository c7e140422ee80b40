"""Notifications as letters: text and HTML from one template each, no pictures, nothing that counts.

Each letter that may be silenced can be silenced by one press in the mail program (RFC 8058).
"""

import smtplib
from collections.abc import Mapping
from email.utils import make_msgid
from typing import Any

from django.conf import settings
from django.core import signing
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext as _

from accounts.models import EmailAddress
from accounts.notifications.kinds import Kind, known_kind
from accounts.notifications.outcomes import AGAIN, GONE, NEVER, SENT, Message, Outcome
from common.parameters import value

SALT = "accounts.notifications.unsubscribe"
UNSUBSCRIBE_DAYS = 60


def letter(address: EmailAddress, message: Message) -> EmailMultiAlternatives:
    """Return ``message`` as a letter to ``address``, in the language of ``message``."""
    kind = known_kind(message.kind)
    with translation.override(message.language):
        quiet_url = _unsubscribe_url(address, kind)
        words = {
            "title": message.title,
            "body": message.body,
            "link": absolute(message.url),
            "notices": absolute("/profile/notices/"),
            "unsubscribe": quiet_url,
            "why": _why(kind),
        }
        text = _text(words)
        html = render_to_string("accounts/notices/mail.html", words)
    headers = {
        # The same for every try of one delivery, so that a second copy is known as one.
        "Message-ID": f"<{message.key}@{_domain()}>",
        "Auto-Submitted": "auto-generated",
    }
    if quiet_url:
        headers["List-Unsubscribe"] = f"<{quiet_url}>"
        headers["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    made = EmailMultiAlternatives(
        subject=message.title, body=text, to=[address.address], headers=headers
    )
    made.attach_alternative(html, "text/html")
    return made


def code_letter(address: EmailAddress, code: str, language: str) -> EmailMultiAlternatives:
    """Return the letter that carries the code for a new address."""
    with translation.override(language):
        minutes = int(value("notification.code_kept").total_seconds() // 60)
        made = EmailMultiAlternatives(
            subject=_("%(code)s is your code for Xiaoer") % {"code": code},
            body=f"{_code_line()}\n\n{code}\n\n{_code_rest(minutes)}\n",
            to=[address.address],
            headers={
                "Message-ID": make_msgid(domain=_domain()),
                "Auto-Submitted": "auto-generated",
            },
        )
        words = {"line": _code_line(), "code": code, "rest": _code_rest(minutes)}
        made.attach_alternative(render_to_string("accounts/notices/code.html", words), "text/html")
    return made


def send(made: EmailMultiAlternatives, connection: Any = None) -> Outcome:
    """Hand one letter to the mail server; never raises for what it does."""
    made.connection = connection
    try:
        made.send()
    except smtplib.SMTPRecipientsRefused as error:
        code, said = next(iter(error.recipients.values()), (0, b""))
        return _refusal(code, said)
    except smtplib.SMTPResponseException as error:
        return _refusal(error.smtp_code, error.smtp_error, recipient=False)
    except (smtplib.SMTPException, OSError) as error:
        return Outcome(AGAIN, f"{type(error).__name__}: {error}")
    except ValueError as error:  # a head that no letter may have
        return Outcome(NEVER, f"{type(error).__name__}: {error}")
    return Outcome(SENT, "accepted by the mail server")


def unsubscribe_token(person: int, kind: str) -> str:
    """Return the signed word under which one kind of letters to one person can be ended."""
    return signing.dumps([person, kind], salt=SALT, compress=False)


def read_unsubscribe(token: str) -> tuple[int, str] | None:
    """Return (person, kind) of a word of ours that is not too old, or None."""
    try:
        person, kind = signing.loads(token, salt=SALT, max_age=UNSUBSCRIBE_DAYS * 86_400)
    except (signing.BadSignature, ValueError, TypeError):
        return None
    return int(person), str(kind)


def absolute(path: str) -> str:
    """Return the whole address of a path of ours."""
    return f"{settings.PUBLIC_URL}{path}"


def _text(words: Mapping[str, str]) -> str:
    """Return the plain part. A template would escape what is no markup here."""
    lines = [words["title"], "", words["body"], ""] if words["body"] else [words["title"], ""]
    lines += [f"{_('Open it:')} {words['link']}", "", "-- ", _("Xiaoer"), words["why"]]
    lines.append(f"{_('Choose what we write to you:')} {words['notices']}")
    if words["unsubscribe"]:
        lines.append(f"{_('No more letters of this kind:')} {words['unsubscribe']}")
    return "\n".join(lines) + "\n"


def _why(kind: Kind | None) -> str:
    if kind is None:
        return _("This is about your account.")
    if not kind.may_be_silenced:
        return _("You get this letter because it protects your account.")
    return _("You get this letter because you chose it for “%(kind)s”.") % {"kind": kind.label}


def _code_line() -> str:
    return _("Enter this code in Xiaoer, so that we know the letters reach you:")


def _code_rest(minutes: int) -> str:
    return _(
        "It works for %(minutes)s minutes. If you did not ask for it, there is nothing to do:"
        " without the code we write to nobody."
    ) % {"minutes": minutes}


def _unsubscribe_url(address: EmailAddress, kind: Kind | None) -> str:
    if kind is None or not kind.may_be_silenced:
        return ""
    token = unsubscribe_token(address.person_id, kind.key)
    return absolute(f"/notifications/unsubscribe/{token}/")


def _refusal(code: int, said: Any, *, recipient: bool = True) -> Outcome:
    words = said.decode("utf-8", "replace") if isinstance(said, bytes) else str(said)
    answer = f"{code} {words}".strip()
    if code < 500:
        return Outcome(AGAIN, answer)
    # 5xx about the recipient is a bounce; about anything else (sender, content) it is our trouble.
    return Outcome(GONE if recipient else NEVER, answer)


def _domain() -> str:
    return settings.PUBLIC_URL.partition("://")[2].partition("/")[0].partition(":")[0]
