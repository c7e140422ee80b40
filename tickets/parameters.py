"""Numbers of live chat and its queue (service standard, chat)."""

from datetime import timedelta

from django.utils.translation import gettext_lazy as _

from common.api_numbers import tell_apps
from common.parameters import declare

declare(
    "chat.recall_window",
    timedelta(minutes=2),
    _("How long the author may take a message back"),
    minimum=timedelta(0),
    maximum=timedelta(hours=1),
    unit=_("seconds"),
)
declare(
    "chat.reopen_window",
    timedelta(days=7),
    _("How long a new message reopens a resolved conversation"),
    minimum=timedelta(days=1),
    maximum=timedelta(days=90),
    unit=_("seconds"),
)
declare("chat.message_characters", 4000, _("Longest message"), minimum=100, maximum=16000)
declare(
    "chat.socket_rate", 5, _("Messages a second one socket may send"), minimum=1, maximum=100000
)
declare(
    "chat.socket_burst", 20, _("Messages one socket may send at once"), minimum=1, maximum=100000
)
declare("chat.greeting_word", "亲", _("How agents address members"))
declare(
    "chat.upload_bytes", 10_485_760, _("Largest file in a chat"), minimum=1024, maximum=104_857_600
)
declare(
    "chat.uploads_an_hour", 60, _("Files one person may send in an hour"), minimum=1, maximum=10000
)
declare(
    "queue.usual_wait",
    timedelta(seconds=60),
    _("Expected wait of one place in the queue while nobody has been accepted lately"),
    minimum=timedelta(seconds=1),
    maximum=timedelta(hours=4),
    unit=_("seconds"),
)
declare(
    "chat.away_after",
    timedelta(seconds=60),
    _("An answer that a member has not read for this long is told in a notification"),
    minimum=timedelta(seconds=10),
    maximum=timedelta(hours=1),
    unit=_("seconds"),
)
declare(
    "chat.kept",
    timedelta(days=180),
    _("How long a chat is kept after its end, once its member has asked to be erased"),
    minimum=timedelta(days=0),
    maximum=timedelta(days=1096),
    unit=_("seconds"),
)
declare(
    "chat.about_order_kept",
    timedelta(days=1096),
    _(
        "How long a chat about an order is kept after its end, once its member has asked to be erased"
    ),
    # E-Commerce Law 31: what belongs to a transaction, three years from its completion.
    minimum=timedelta(days=1096),
    maximum=timedelta(days=5479),
    legal=True,
    unit=_("seconds"),
)

declare(
    "harassment.warning_window",
    timedelta(days=30),
    _("How long a warning counts: the next insult within it is the next grade"),
    minimum=timedelta(days=1),
    maximum=timedelta(days=365),
    unit=_("seconds"),
)
declare(
    "harassment.first_block",
    timedelta(hours=24),
    _("How long the first contact block lasts"),
    minimum=timedelta(hours=1),
    maximum=timedelta(days=30),
    unit=_("seconds"),
)
declare(
    "harassment.second_block",
    timedelta(days=7),
    _("How long the second contact block lasts"),
    minimum=timedelta(hours=1),
    maximum=timedelta(days=90),
    unit=_("seconds"),
)
declare(
    "harassment.third_block",
    timedelta(days=90),
    _("How long the third and every further contact block lasts"),
    minimum=timedelta(days=1),
    maximum=timedelta(days=365),
    unit=_("seconds"),
)
declare(
    "harassment.blocks_count_for",
    timedelta(days=365),
    _("How long an earlier contact block makes the next one longer"),
    minimum=timedelta(days=30),
    maximum=timedelta(days=1096),
    unit=_("seconds"),
)
declare("harassment.text_only", True, _("A contact block allows words alone, no pictures or files"))
declare(
    "harassment.slow_seconds",
    30,
    _("Seconds between two messages under a contact block"),
    minimum=0,
    maximum=3600,
)
declare(
    "harassment.no_new_from",
    1,
    _("The how many-th contact block closes new chats (a written complaint stays open)"),
    minimum=1,
    maximum=99,
)
declare(
    "harassment.credit_points",
    50,
    _("What a confirmed case costs in buyer credit"),
    minimum=1,
    maximum=200,
)
declare(
    "harassment.appeal_window",
    timedelta(days=7),
    _("How long a contact block can be appealed"),
    minimum=timedelta(days=7),
    maximum=timedelta(days=90),
    unit=_("seconds"),
)
declare(
    "harassment.rest",
    timedelta(hours=24),
    _("How long the agent is offered a rest after a confirmed case"),
    minimum=timedelta(hours=1),
    maximum=timedelta(days=7),
    unit=_("seconds"),
)
declare(
    "harassment.team",
    "written",
    _("Code of the team that takes written complaints of limited members"),
)

tell_apps("message_characters", "chat.message_characters")
tell_apps("upload_bytes", "chat.upload_bytes")
tell_apps("recall_seconds", "chat.recall_window")
