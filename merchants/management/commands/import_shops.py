from merchants.loading import ShopLoader
from common.loading.command import ImportCommand


class Command(ImportCommand):
    help = "Load shops from a file (docs/importing.md)."
    loader = ShopLoader
