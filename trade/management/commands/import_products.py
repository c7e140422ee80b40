from common.loading.command import ImportCommand
from trade.loading import ProductLoader


class Command(ImportCommand):
    help = "Load products from a file (docs/importing.md)."
    loader = ProductLoader
