"""What the house itself tells people, in words."""

from django.utils.translation import gettext_lazy as _

NEW_DEVICE = _("A new device signed in to your account")
NEW_DEVICE_BODY = _(
    "%(where)s. If that was you, there is nothing to do. If not, change your password and end the"
    " other sign-ins now."
)
BOUNCED = _("Your e-mail address refuses our letters")
BOUNCED_BODY = _(
    "%(address)s answered: %(why)s. We write there no more. Enter another address, or the same one"
    " again once it takes letters."
)
TEST = _("This is a test")
TEST_BODY = _("Notices of Xiaoer arrive here. You asked for this one; there is nothing to do.")
SUMMARY = _("{count} things while you had quiet")
WEBHOOK_DEAD = _("A webhook was given up: %(where)s")
WEBHOOK_DEAD_MANY = _("{count} webhooks were given up: %(where)s")
WEBHOOK_DEAD_BODY = _(
    "Last came: %(why)s. When the receiver is well again, send again what was given up."
)
