"""Every write about people."""

from accounts.actions.guards import lift_sign_in_lock
from accounts.actions.people import (
    close_account,
    leave,
    reopen_account,
    set_language,
    set_roles,
    set_tier,
)
from accounts.actions.personal_data import budget_of, log_reading, reveal, revealed_today
from accounts.actions.sessions import (
    begin_session,
    clear_old_sessions,
    end_all_sessions,
    end_other_sessions,
    end_session,
    end_sessions,
    note_ended,
    note_seen,
    renew_session,
    user_topic,
)
from accounts.actions.sign_in import (
    Answer,
    offer_passkey,
    set_password,
    try_passkey,
    try_password,
    try_second_step,
)

__all__ = [
    "Answer",
    "begin_session",
    "budget_of",
    "clear_old_sessions",
    "close_account",
    "end_all_sessions",
    "end_other_sessions",
    "end_session",
    "end_sessions",
    "leave",
    "lift_sign_in_lock",
    "log_reading",
    "note_ended",
    "note_seen",
    "offer_passkey",
    "renew_session",
    "reopen_account",
    "reveal",
    "revealed_today",
    "set_language",
    "set_password",
    "set_roles",
    "set_tier",
    "try_passkey",
    "try_password",
    "try_second_step",
    "user_topic",
]
