from common.loading.command import ImportCommand
from merchants.loading import ShopLoader


class Command(ImportCommand):
    help = "Load shops from a file (docs/importing.md)."
    loader = ShopLoader
