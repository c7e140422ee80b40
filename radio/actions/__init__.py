"""Every write of the radio."""

from radio.actions.cases import merge_case, reject_case, select_case, submit_case
from radio.actions.channels import (
    change_channel,
    close_channel,
    mute_channel,
    open_channel,
    reopen_channel,
    subscribe,
    unsubscribe,
)
from radio.actions.editions import air_edition, deliver_edition, lay_out_editions
from radio.actions.feeds import (
    issue_feed_token,
    note_feed_use,
    revoke_feed_token,
    revoke_feed_tokens,
)
from radio.actions.readings import mark_read

__all__ = [
    "air_edition",
    "change_channel",
    "close_channel",
    "deliver_edition",
    "issue_feed_token",
    "lay_out_editions",
    "mark_read",
    "merge_case",
    "mute_channel",
    "note_feed_use",
    "open_channel",
    "reject_case",
    "reopen_channel",
    "revoke_feed_token",
    "revoke_feed_tokens",
    "select_case",
    "submit_case",
    "subscribe",
    "unsubscribe",
]
