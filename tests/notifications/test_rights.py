"""Who must not: people choose for themselves, and operations alone try again."""

import pytest

from accounts.actions.deliveries import retry_delivery
from accounts.actions.notice_choices import choose_media, set_quiet_hours
from accounts.actions.notice_targets import unregister_device, unsubscribe_browser
from accounts.actions.notifications import notify
from accounts.models import (
    NotificationDelivery,
    NotificationPreference,
    NotificationSettings,
    SimulatedPush,
)
from accounts.tasks import deliver_notifications
from common.errors import Forbidden, NotFound
from common.history import history_of


@pytest.mark.parametrize("who", ["chen", "bo", "lin", "ops"])
def test_nobody_chooses_for_somebody_else(who, mei, request):
    by = request.getfixturevalue(who)
    with pytest.raises(Forbidden):
        choose_media(mei, {"test.plain": []}, by=by)
    with pytest.raises(Forbidden):
        set_quiet_hours(mei, start=None, until=None, by=by)
    assert not NotificationPreference.objects.exists()
    assert not NotificationSettings.objects.exists()
    assert not history_of(mei).exists()


def test_nobody_removes_somebody_elses_browser_or_phone(mei, chen, browser_sub_of, phone_of):
    with pytest.raises(NotFound):
        unsubscribe_browser(chen, browser_sub_of(mei).pk)
    with pytest.raises(NotFound):
        unregister_device(chen, phone_of(mei).pk)


@pytest.mark.parametrize("who", ["chen", "mei", "bo", "lin", "sen", "he", "wen", "qiao"])
def test_operations_alone_try_again(who, mei, phone_of, request):
    phone_of(mei)
    notify(mei, "test.plain", title="有事", url="/me/")
    with pytest.raises(Forbidden):
        retry_delivery(
            NotificationDelivery.objects.get(), by=request.getfixturevalue(who), reason="试试"
        )


def test_operations_read_no_words_of_others(mei, ops, browser_of, phone_of):
    phone_of(mei)
    notify(mei, "test.plain", title="只给美看的话", url="/me/")
    row = NotificationDelivery.objects.get()
    for url in (
        "/admin/accounts/notificationdelivery/",
        f"/admin/accounts/notificationdelivery/{row.pk}/change/",
    ):
        page = browser_of(ops).get(url).content.decode()
        assert "只给美看的话" not in page
        assert "周小宁" not in page


def test_operations_see_the_words_of_their_own_phone_alone(mei, ops, browser_of, phone_of):
    for who in (mei, ops):
        phone_of(who)
        notify(who, "test.plain", title=f"只给{who.username}看的话", body="内情", url="/me/")
    deliver_notifications()
    own, other = (
        browser_of(ops).get(f"/admin/accounts/simulatedpush/{row.pk}/change/").content.decode()
        for row in (SimulatedPush.objects.get(delivery__person=who) for who in (ops, mei))
    )
    listed = browser_of(ops).get("/admin/accounts/simulatedpush/?cols=about,words")
    listed = listed.content.decode()
    assert "只给ops看的话 · 内情 · /me/" in own
    for page in (other, listed):
        assert "看的话" not in page
        assert "内情" not in page
        assert "plain" in page
