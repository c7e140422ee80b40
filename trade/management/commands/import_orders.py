from trade.loading import OrderLoader
from common.loading.command import ImportCommand


class Command(ImportCommand):
    help = "Load orders from a file (docs/importing.md)."
    loader = OrderLoader
