"""A scratch world: members, each with one open conversation of one agent, all signed in."""

from datetime import UTC, datetime, timedelta


def make_world(count: int) -> tuple[list[str], list[list[str]]]:
    """Make ``count`` conversations; return their keys and, for each, the two parties' cookies."""
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
    from django.contrib.sessions.models import Session

    from accounts.models import Member, Role, User
    from accounts.sessions import SessionStore, digest_of
    from common.parameters import set_value
    from tickets.models import Conversation, State
    from workforce.models import Team, TeamMembership

    for key in ("chat.socket_rate", "chat.socket_burst"):
        set_value(key, 100_000, by=None, reason="benchmark")
    now = datetime.now(UTC)
    store = SessionStore()

    def session(user: User, key: str) -> Session:
        data = {
            SESSION_KEY: str(user.pk),
            BACKEND_SESSION_KEY: "accounts.backends.AccountBackend",
            HASH_SESSION_KEY: user.get_session_auth_hash(),
        }
        return Session(
            session_key=digest_of(key),
            session_data=store.encode(data),
            expire_date=now + timedelta(days=1),
        )

    team = Team.objects.create(code="bench", name="bench")
    agent = User.objects.create(
        username="bench-agent", display_name="许青禾", roles=[Role.AGENT], password="!"
    )
    TeamMembership.objects.create(team=team, user=agent)
    users = User.objects.bulk_create(
        User(username=f"bench-{n}", display_name=f"客人{n}", roles=[Role.MEMBER], password="!")
        for n in range(count)
    )
    members = Member.objects.bulk_create(
        Member(member_no=f"B{n}", user=user, display_name=user.display_name)
        for n, user in enumerate(users)
    )
    conversations = Conversation.objects.bulk_create(
        Conversation(
            member=member, team=team, state=State.OPEN, owner=agent, opened_at=now, accepted_at=now
        )
        for member in members
    )
    signed_in = [(user, store._get_new_session_key()) for user in [agent, *users]]
    Session.objects.bulk_create(session(user, key) for user, key in signed_in)
    cookies = [f"sessionid={key}" for _user, key in signed_in]
    keys = [str(conversation.pk) for conversation in conversations]
    return keys, [[cookie, cookies[0]] for cookie in cookies[1:]]
