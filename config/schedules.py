"""What runs by itself and what the task queue may run at all. The table follows this file."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Scheduled:
    """One recurring task: every ``minutes``, or by ``cron`` in Shanghai's time."""

    name: str
    func: str
    minutes: int | None = None
    cron: str | None = None


SCHEDULES: tuple[Scheduled, ...] = (
    Scheduled("prune task results", "common.tasks.prune_task_results", cron="17 4 * * *"),
    Scheduled(
        "prune old notifications", "accounts.tasks.prune_old_notifications", cron="27 4 * * *"
    ),
    Scheduled("prune access log", "accounts.tasks.prune_access_log", cron="47 4 * * *"),
    Scheduled("find who looks alike", "accounts.tasks.find_who_looks_alike", cron="53 3 * * *"),
    Scheduled("clear old sessions", "accounts.tasks.clear_old_sessions", cron="37 4 * * *"),
    Scheduled("forget ended devices", "accounts.tasks.forget_ended_devices", cron="43 4 * * *"),
    Scheduled("anchor the history", "common.tasks.anchor_head_of_history", cron="1 0 * * *"),
    Scheduled("verify the last day", "common.tasks.verify_last_day_of_history", cron="7 3 * * *"),
    Scheduled("verify the history", "common.tasks.verify_whole_history", cron="27 3 * * 0"),
    Scheduled("go on with errands", "common.admin.lane.go_on", minutes=1),
    Scheduled("clear errands", "common.admin.lane.clear_errands", cron="*/10 * * * *"),
)

TASK_FUNCTIONS: frozenset[str] = frozenset(
    {it.func for it in SCHEDULES}
    | {
        "accounts.tasks.deliver_notifications",
        "accounts.tasks.send_email_code",
        "accounts.tasks.send_code",
        "accounts.tasks.erase_kept",
        "accounts.tasks.note_member_marks",
        "accounts.tasks.work_on_request",
        "apass.tasks.send_invitation",
        "apass.tasks.tell_tier_moves",
        "common.tasks.beat",
        "common.tasks.continue_history_check",
        "common.admin.lane.work_on",
        "radio.tasks.deliver_edition",
        "tickets.tasks.return_conversations",
        "trade.tasks.follow_emergency",
    }
)
"""Every function the task queue may run, by dotted path. A task that is not here is refused."""
