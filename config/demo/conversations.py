"""What was said in the demo world: sixty days of conversations and the moment one comes in."""

import uuid
from datetime import datetime, timedelta
from typing import Any

from accounts.models import Tier, User
from apass.queries import tier_priority
from common.ids import short_code, uuid7_of
from common.masking import mask_name
from common.models import Deadline, Event
from common.parameters import value
from config.demo import talks
from config.demo.world import (
    PARTNER_PEOPLE,
    PARTNER_TEAM,
    STAFF,
    TALKS,
    TEAM_OF_CATEGORY,
    World,
)
from tickets.models import Conversation, Medium, Message, State
from trade.models import Order, Product
from trade.queries import product_facts
from workforce.models import Team

SHOWN = 23
"""In one talk of so many the customer shows the product."""
Step = tuple[str, str | Product, datetime]
"""Who says what when: ``m`` member, ``a`` agent, ``s`` the house; a product is shown as a card."""


def past_talks(world: World) -> None:
    """Make what was said before today."""
    dice = world.dice
    hours = [*range(8, 24)]
    busy = (2, 5, 8, 9, 7, 6, 7, 8, 7, 6, 6, 7, 8, 8, 6, 3)
    days = list(world.days())[:-1]
    newcomers = [o for o in world.orders if world.meant[o.member.member_no] == Tier.NEW]
    for _ in range(TALKS):
        # Who is new asks more often than they buy.
        order = dice.choice(newcomers if dice.random() < 0.1 else world.orders)
        day = dice.choice(days)
        opened = world.at(day, dice.choices(hours, busy)[0] + dice.random())
        if opened < order.paid_at or dice.random() < 0.3:
            # Most write while they wait for it.
            opened = order.paid_at + timedelta(hours=dice.uniform(0.5, 110))
        if opened > world.now - timedelta(hours=14):
            continue
        _talk(world, order, opened, turns=None)


def todays_talks(world: World) -> None:
    """Lay out the moment one comes in: some wait, some are being answered, some are done."""
    dice = world.dice
    young = [o for o in world.orders if (world.now - o.paid_at).days < 12]
    fresh = [o for o in young if o.category == "生鲜"]
    mine = next(o for o in sorted(young, key=lambda o: o.paid_at) if o.member is world.members[0])
    for back in (300, 222, 150, 96, 61, 35, 20, 9):
        order = dice.choice(young)
        _talk(world, order, world.now - timedelta(minutes=back), turns=None, hurry=True)
    agent = world.people["xuqinghe"]
    # With 许青禾: (minutes since it began, turns so far, seconds the customer has waited)
    for order, began, turns, waited in (
        (mine, 16, 4, 155),
        (dice.choice(fresh), 11, 5, 108),
        (dice.choice(fresh), 7, 3, 41),
        (dice.choice(young), 5, 3, 0),
    ):
        _talk(
            world,
            order,
            world.now - timedelta(minutes=began),
            turns=turns,
            waited=waited,
            owner=agent,
        )
    for _ in range(3):
        who = world.people[dice.choice(("guchen", "xiazhi", "yezhiqiu"))]
        opened = world.now - timedelta(minutes=dice.randint(3, 20))
        _talk(world, dice.choice(young), opened, turns=3, waited=dice.randint(10, 90), owner=who)
    _talk(
        world,
        next(o for o in young if o.member.user is None and o.member.tier == Tier.NORMAL),
        world.now - timedelta(minutes=6),
        turns=3,
        waited=70,
        owner=world.people["guchen"],
        told=talks.THREAT,
    )
    for queue, about, waits in (
        ("fresh", fresh, (205, 130, 64, 22)),
        ("general", young, (95, 18)),
        # APASS and 88VIP stay with our own people.
        (PARTNER_TEAM, [o for o in young if o.member.tier == Tier.NORMAL], (84, 31)),
    ):
        for waited in waits:
            opened = world.now - timedelta(seconds=waited)
            _talk(world, dice.choice(about), opened, turns=1, waited=waited, queue=queue)


def _talk(
    world: World,
    order: Order,
    opened: datetime,
    *,
    turns: int | None,
    waited: int = 0,
    owner: User | None = None,
    queue: str = "",
    hurry: bool = False,
    told: talks.Talk | None = None,
) -> None:
    """Make one conversation: done when ``turns`` is None, waiting with ``queue``, else with ``owner``."""
    dice, member = world.dice, order.member
    fitting = [told] if told else _fitting(order, opened)
    subject, _categories, script = dice.choices(fitting, [_likely(talk) for talk in fitting])[0]
    team = world.teams[queue] if queue else _team_of(world, order, owner)
    answering = owner or _somebody(world, team)
    key = uuid7_of(opened, f"demo {len(world.conversations)}")
    conversation = Conversation(
        id=key,
        conversation_no=f"C-{short_code(key)}",
        medium=dice.choices([Medium.APP, Medium.WEB, Medium.PHONE], (75, 20, 5))[0],
        member=member,
        shop=order.shop,
        order=order,
        team=team,
        subject=subject,
        priority=tier_priority(member.tier, opened),
        opened_at=opened,
        state=State.RESOLVED,
    )
    said = script if turns is None else script[:turns]
    moment = opened
    steps: list[Step] = []
    for n, (side, sentences) in enumerate(said):
        if n:
            moment += timedelta(seconds=dice.randint(8, 40) if hurry else dice.randint(15, 170))
        text = dice.choice(sentences).format(
            product=order.product,
            shop=order.shop.name,
            order_no=order.order_no,
            amount=order.paid_amount,
            agent=answering.display_name,
            name=member.display_name,
        )
        steps.append((side, text, moment))
    if turns is not None:
        # The last word lies exactly as long ago as the customer has been waiting.
        shift = (world.now - timedelta(seconds=max(waited, 4))) - steps[-1][2]
        steps = [(side, said, at + shift) for side, said, at in steps]
        conversation.opened_at = steps[0][2]
    if len(steps) > 2 and (turns == 4 or len(world.conversations) % SHOWN == 0):
        # The customer shows what it is about, a breath after the first sentence.
        shown = world.product_of(order)
        steps.insert(1, ("m", shown, steps[0][2] + (steps[1][2] - steps[0][2]) / 2))
    done = steps[-1][2] + timedelta(seconds=dice.randint(20, 240)) if turns is None else None
    if done:
        steps.append(("s", talks.SETTLED.format(days=value("chat.reopen_window").days), done))
    _say(world, conversation, steps, answering, waiting=bool(queue))
    _settle(world, conversation, answering, done=done, waiting=bool(queue))
    world.conversations.append(conversation)
    world.spoken_by.setdefault(subject, []).append(conversation)


def _fitting(order: Order, opened: datetime) -> list[talks.Talk]:
    """Return the talks that are true of ``order`` at the moment ``opened``."""
    if order.signed_at and order.signed_at <= opened:
        place = talks.RECEIVED
    elif order.shipped_at and order.shipped_at <= opened:
        place = talks.UNDERWAY
    else:
        place = talks.UNSHIPPED
    return [
        talk
        for talk in talks.TALKS
        if (not talk[1] or order.category in talk[1])
        and talks.SPOKEN_WHEN.get(talk[0], place) == place
    ]


def _likely(talk: talks.Talk) -> int:
    """Return how often a talk comes: what only this trade or this moment brings, more than the rest."""
    subject, categories, _turns = talk
    return 4 if categories else 2 if subject in talks.SPOKEN_WHEN else 1


def _say(
    world: World,
    conversation: Conversation,
    steps: list[Step],
    answering: User,
    *,
    waiting: bool,
) -> None:
    member = conversation.member
    assert member is not None
    lines: list[Step] = []
    joined = False
    for side, said, at in steps:
        if side == "a" and not joined:
            joined = True
            lines.append(
                (
                    "s",
                    f"{answering.display_name} 来了，刚才说的都看到了。",
                    at - timedelta(seconds=6),
                )
            )
        lines.append((side, said, at))
    kinds = {"m": "member", "a": "agent", "s": "system"}
    for seq, (side, said, at) in enumerate(lines, start=1):
        kind = kinds[side]
        card = product_facts(said) if isinstance(said, Product) else None
        author = member.user if side == "m" else answering if side == "a" else None
        world.messages.append(
            Message(
                conversation_id=conversation.pk,
                seq=seq,
                client_id=uuid.uuid5(conversation.pk, str(seq)),
                author_kind=kind,
                author=author,
                author_name=(
                    mask_name(member.display_name)
                    if side == "m"
                    else answering.display_name
                    if side == "a"
                    else ""
                ),
                kind="product_card" if card else "system" if side == "s" else "text",
                body=said if isinstance(said, str) else "",
                payload=card,
                sent_at=at,
            )
        )
    # What somebody said last: the house's own lines are not it.
    last_side, last_text, _at = next(line for line in reversed(lines) if line[0] != "s")
    conversation.last_seq = len(lines)
    conversation.last_member_seq = max(n for n, line in enumerate(lines, 1) if line[0] == "m")
    conversation.last_message_at, conversation.last_author_kind = lines[-1][2], kinds[last_side]
    conversation.last_message_kind = "text" if isinstance(last_text, str) else "product_card"
    conversation.last_preview = last_text[:80] if isinstance(last_text, str) else ""
    answers = [n for n, line in enumerate(lines, 1) if line[0] == "a"]
    first_answer = lines[answers[0] - 1][2] if answers else None
    conversation.first_responded_at = first_answer
    conversation.staff_read_seq = answers[-1] if answers else 0
    conversation.member_read_seq = (
        conversation.last_member_seq if last_side == "m" else max(0, len(lines) - 1)
    )
    conversation.member_delivered_seq = conversation.last_seq
    conversation.staff_delivered_seq = 0 if waiting else conversation.last_seq
    if last_side == "m":
        first_unanswered = next(
            n
            for n, line in enumerate(lines, 1)
            if line[0] == "m" and n > (answers[-1] if answers else 0)
        )
        conversation.waiting_since = lines[first_unanswered - 1][2]
        conversation.staff_unread = sum(
            1 for n, line in enumerate(lines, 1) if line[0] == "m" and n >= first_unanswered
        )
    if first_answer is not None:
        conversation.accepted_at = first_answer - timedelta(seconds=6)


def _settle(
    world: World,
    conversation: Conversation,
    answering: User,
    *,
    done: datetime | None,
    waiting: bool,
) -> None:
    """Give the conversation its state, its history and, when it is resolved, its timer."""
    dice = world.dice
    member = conversation.member
    assert member is not None
    _remember(
        world,
        conversation,
        "conversation.opened",
        conversation.opened_at,
        member.user,
        after={"state": "waiting"},
    )
    if waiting:
        conversation.state, conversation.queued_at = State.WAITING, conversation.opened_at
        return
    accepted = conversation.accepted_at or conversation.opened_at
    conversation.accepted_at = accepted
    conversation.first_owner = conversation.owner = answering
    _remember(
        world,
        conversation,
        "conversation.accepted",
        accepted,
        answering,
        before={"state": "waiting"},
        after={"state": "open", "owner": str(answering.pk)},
    )
    if done is None:
        conversation.state = State.OPEN
        return
    conversation.resolved_at, conversation.waiting_since, conversation.staff_unread = (
        done,
        None,
        0,
    )
    conversation.staff_read_seq = conversation.member_read_seq = conversation.last_seq
    conversation.disposition = dice.choice(world.outcomes)
    _remember(
        world,
        conversation,
        "conversation.resolved",
        done,
        answering,
        before={"state": "open"},
        after={"state": "resolved", "disposition": conversation.disposition.code},
    )
    closes = done + value("chat.reopen_window")
    if closes <= world.now:
        conversation.state, conversation.closed_at = State.CLOSED, closes
        _remember(
            world,
            conversation,
            "conversation.closed",
            closes,
            None,
            before={"state": "resolved"},
            after={"state": "closed"},
        )
    else:
        world.deadlines.append(
            Deadline(kind="conversation.close", subject_id=str(conversation.pk), due_at=closes)
        )


def _remember(
    world: World,
    conversation: Conversation,
    action: str,
    at: datetime,
    by: User | None,
    *,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
) -> None:
    world.events.append(
        Event(
            id=uuid7_of(at, f"{conversation.pk} {action}"),
            at=at,
            actor=by,
            action=action,
            subject_type="tickets.conversation",
            subject_id=str(conversation.pk),
            before=before or {},
            after=after or {},
        )
    )


def write_talks(world: World) -> None:
    """Write everything that was said."""
    Conversation.objects.bulk_create(world.conversations, batch_size=500)
    Message.objects.bulk_create(world.messages, batch_size=2000)
    Event.objects.bulk_create(world.events, batch_size=2000)
    Deadline.objects.bulk_create(world.deadlines, batch_size=2000)


def _team_of(world: World, order: Order, owner: User | None) -> Team:
    if owner is not None:
        code = next(team for account, _n, _r, team, _l in STAFF if world.people[account] is owner)
        return world.teams[code]
    if order.member.tier == Tier.NEW:
        return world.teams["newcomer"]
    return world.teams[TEAM_OF_CATEGORY.get(order.category, "general")]


def _somebody(world: World, team: Team) -> User:
    here = [world.people[account] for account, _n, _r, code, _l in STAFF if code == team.code]
    if team.code == PARTNER_TEAM:
        here = [world.people[account] for account, *_rest in PARTNER_PEOPLE]
    return world.dice.choice(here)
