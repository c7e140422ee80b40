"""Numbers of the back office: bulk actions, exports, imports, counts beside filters."""

from datetime import timedelta

from django.utils.translation import gettext_lazy as _

from common.parameters import declare

declare(
    "backoffice.counted_rows",
    1_000,
    _("How far the choices of a filter are counted; beyond it they say “1,000+”"),
    minimum=100,
    maximum=20_000,
)
declare(
    "backoffice.counting_time",
    timedelta(milliseconds=400),
    _("How long counting the choices of one filter may take"),
    minimum=timedelta(milliseconds=50),
    maximum=timedelta(seconds=5),
    unit=_("seconds"),
)
declare(
    "backoffice.bulk_rows",
    100_000,
    _("Most rows one bulk job may touch"),
    minimum=500,
    maximum=1_000_000,
)
declare(
    "backoffice.trial_rows",
    200,
    _("Rows on which a large bulk job is tried out before it is begun"),
    minimum=20,
    maximum=2_000,
)
declare(
    "backoffice.export_rows",
    1_000_000,
    _("Most rows in one export"),
    minimum=1_000,
    maximum=1_048_575,
)
declare(
    "backoffice.export_at_once",
    2_000,
    _("Exports up to this many rows come at once, larger ones from the background"),
    minimum=0,
    maximum=10_000,
)
declare(
    "backoffice.export_kept",
    timedelta(hours=24),
    _("How long the file of an export can be fetched before it is deleted"),
    minimum=timedelta(minutes=10),
    maximum=timedelta(days=14),
    unit=_("seconds"),
)
declare(
    "backoffice.import_bytes",
    50_000_000,
    _("Largest file to import, in bytes"),
    minimum=1_000_000,
    maximum=500_000_000,
)
declare(
    "backoffice.import_rows",
    1_000_000,
    _("Most rows in one file to import"),
    minimum=1_000,
    maximum=10_000_000,
)
declare(
    "backoffice.import_kept",
    timedelta(days=30),
    _("How long an imported file and its rejected lines are kept"),
    minimum=timedelta(days=1),
    maximum=timedelta(days=365),
    unit=_("seconds"),
)
