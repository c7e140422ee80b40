"""Static files under names that change with their content, ES modules included."""

from whitenoise.storage import CompressedManifestStaticFilesStorage


class HashedStaticFilesStorage(CompressedManifestStaticFilesStorage):
    """Rewrites the addresses inside modules too.

    Without it a module imported by two others would be loaded under two addresses, and what it
    keeps (the one socket, the key map) would exist twice; a new release would mix with old files.
    """

    support_js_module_import_aggregation = True
