"""Other people's jobs, exports and imports: seen by whom the table says, moved and fetched by nobody else."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.models import Role
from common.admin.exporting import file_of
from common.admin.importing import rejects_of
from common.models import ErrandState, Export, ImportFile, Job, JobRow
from tests.conftest import person
from tests.rights.back_office import ERRANDS, refused
from tests.rights.house import ROLES, undone
from tests.rights.matrix import STRANGER, TOKEN
from tests.rights.test_back_office import NOBODYS

pytestmark = pytest.mark.django_db

WHO = [STRANGER, *ROLES, TOKEN]
CANARY = "夜莺4Z"
CASES = [(label, act) for label, acts in ERRANDS.items() for act in acts]


def bring(label: str, by, name: str, **fields):
    """Make one piece of work of ``by``, its file beside it."""
    given = {"by": by, "reason": name, "made_at": timezone.now(), **fields}
    match label:
        case "common.job":
            job = Job.objects.create(
                listing="tickets.conversation", act="requeue", filters=name, refused=1, **given
            )
            JobRow.objects.create(job=job, key="1", name=name, fate="refused", said=name)
            return job
        case "common.export":
            export = Export.objects.create(
                listing="trade.order",
                query=f"q={name}",
                format="csv",
                file_name=f"{name}.csv",
                **given,
            )
            file_of(export).parent.mkdir(parents=True, exist_ok=True)
            file_of(export).write_text(name)
            return export
    brought = ImportFile.objects.create(
        kind="members", file_name=f"{name}.csv", size=9, form="csv", inserted=1, **given
    )
    rejects_of(brought).parent.mkdir(parents=True, exist_ok=True)
    rejects_of(brought).write_text(name)
    return brought


@pytest.fixture
def sky(house):
    """Runs the house as Ops does, and is somebody else."""
    return person("sky", "天青", Role.OPERATIONS)


@pytest.fixture(autouse=True)
def own_folder(settings, tmp_path):
    settings.DATA_DIR = tmp_path


def ready(label: str, act: str) -> dict:
    """Return how a piece of work stands when ``act`` can be done with it."""
    if label == "common.export" and act == "file":
        return {"state": ErrandState.DONE, "expires_at": timezone.now() + timedelta(hours=1)}
    if label == "common.importfile":
        return {"state": ErrandState.READY, "step": ImportFile.Step.TRY}
    return {"state": ErrandState.RUNNING}


def outcome(client, label: str, act: str, method: str, pk) -> str:
    """Ask, and return whether something was shown or moved: yes, or no."""
    url = reverse(f"admin:{label.replace('.', '_')}_{act}", args=[pk])
    before = standing()
    answer = getattr(client, method)(url, {"reason": "试"} if method == "post" else {})
    if method == "post":
        return "yes" if standing() != before else "no"
    assert answer.status_code == 200 or refused(answer)
    return "yes" if answer.status_code == 200 else "no"


def standing() -> list:
    """Return how every piece of work stands."""
    return [
        (row.pk, row.state, row.stop_asked_at)
        for kind in (Job, Export, ImportFile)
        for row in kind.objects.order_by("pk")
    ]


@pytest.mark.parametrize(("label", "act"), CASES)
def test_a_piece_of_work_is_its_askers(label, act, house, sky):
    row, how, wrong = ERRANDS[label][act], ready(label, act), {}
    theirs = bring(label, sky, CANARY, **how)
    for role in WHO:
        name = ROLES.get(role)
        mine = bring(
            label, (house.side(role) if name else house.ours).people[name or "bo"], "自己的", **how
        )
        for whose, errand, may in (("own", mine, row.own), ("foreign", theirs, row.foreign)):
            with undone():
                got = outcome(house.client(role), label, act, row.method, errand.pk)
            if (got == "yes") != (role in may):
                wrong[f"{role}, {whose}"] = got
        if role not in row.foreign:
            with undone():
                url = f"admin:{label.replace('.', '_')}_{act}"
                there, nothing = (
                    getattr(house.client(role), row.method)(reverse(url, args=[pk]))
                    for pk in (theirs.pk, NOBODYS)
                )
            # Auditors see what others asked for, and are told that they may not move it.
            if there.status_code != nothing.status_code and role != "auditor":
                wrong[f"{role}, a random one"] = (there.status_code, nothing.status_code)
    assert wrong == {}


@pytest.mark.parametrize("label", ERRANDS)
def test_what_others_asked_for_is_in_nobody_s_list(label, house, sky):
    bring(label, sky, CANARY, **ready(label, "file"))
    found = set()
    for role in WHO:
        for act in ("changelist", "counts"):
            url = reverse(f"admin:{label.replace('.', '_')}_{act}")
            with undone():
                answer = house.client(role).get(url)
            told = answer.content.decode()
            counted = act == "counts" and answer.status_code == 200
            if CANARY in told or (counted and answer.json()["total"] not in ("", "0")):
                found.add((role, act))
    assert {role for role, _act in found} == {"auditor"}


def test_a_link_to_a_file_is_worth_nothing_to_who_lost_the_right(house, sky):
    export = bring(
        "common.export", house.ours.people["ops"], CANARY, **ready("common.export", "file")
    )
    url = reverse("admin:common_export_file", args=[export.pk])
    with undone():
        assert b"".join(house.client("operations").get(url)) == CANARY.encode()
    with undone():
        type(sky).objects.filter(username="ops").update(roles=[Role.ACCOUNT_MANAGER])
        assert refused(house.client("operations").get(url))
