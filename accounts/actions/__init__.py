"""Every write about people."""

from accounts.actions.people import (
    close_account,
    leave,
    reopen_account,
    set_language,
    set_roles,
    set_tier,
    user_topic,
)
from accounts.actions.personal_data import reveal_phone
from accounts.actions.sessions import end_sessions
from accounts.actions.sign_in import (
    count_wrong_password,
    forget_wrong_passwords,
    lift_sign_in_lock,
    set_password,
)

__all__ = [
    "close_account",
    "count_wrong_password",
    "end_sessions",
    "forget_wrong_passwords",
    "leave",
    "lift_sign_in_lock",
    "reopen_account",
    "reveal_phone",
    "set_language",
    "set_password",
    "set_roles",
    "set_tier",
    "user_topic",
]
