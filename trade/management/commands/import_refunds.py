from common.loading.command import ImportCommand
from trade.loading import RefundLoader


class Command(ImportCommand):
    help = "Load refunds from a file (docs/importing.md)."
    loader = RefundLoader
