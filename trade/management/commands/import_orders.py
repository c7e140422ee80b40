from common.loading.command import ImportCommand
from trade.loading import OrderLoader


class Command(ImportCommand):
    help = "Load orders from a file (docs/importing.md)."
    loader = OrderLoader
