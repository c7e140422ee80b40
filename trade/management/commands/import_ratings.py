from common.loading.command import ImportCommand
from trade.loading import RatingLoader


class Command(ImportCommand):
    help = "Load ratings of orders from a file (docs/importing.md)."
    loader = RatingLoader
