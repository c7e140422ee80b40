from accounts.loading import MemberLoader
from common.loading.command import ImportCommand


class Command(ImportCommand):
    help = "Load members from a file (docs/importing.md)."
    loader = MemberLoader
