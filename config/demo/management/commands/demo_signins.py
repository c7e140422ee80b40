"""Print who can be played in the demo world."""

from typing import Any

from django.core.management.base import BaseCommand

from accounts.models import User
from config.demo.world import FACES, demo_password

SHOWN = ("xuqinghe", "luyao", "jiangbanxia", "helan", "bailu", "qiaomu", "fangzhou")


class Command(BaseCommand):
    help = "Print the demo world's sign-ins."

    def handle(self, *args: Any, **options: Any) -> None:
        accounts = [*SHOWN, *(face[0] for face in FACES), "root"]
        people = {u.username: u for u in User.objects.filter(username__in=accounts, is_active=True)}
        if not people:
            return
        self.stdout.write("  演示世界 demo sign-ins (also one click on the sign-in page)")
        for account in accounts:
            if account in people:
                user = people[account]
                roles = ", ".join(user.roles) or "superuser"
                self.stdout.write(f"    {account:<14} {user.display_name:<6} {roles}")
        self.stdout.write(f"    密码 password   {demo_password()}")
