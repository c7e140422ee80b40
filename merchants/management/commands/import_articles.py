from common.loading.command import ImportCommand
from merchants.rulebook.loading import ArticleLoader


class Command(ImportCommand):
    help = "Load articles of the law from a file (docs/importing.md)."
    loader = ArticleLoader
