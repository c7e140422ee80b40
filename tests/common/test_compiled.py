"""A row found by a query that was compiled once is the row the ORM finds."""

import pytest
from django.db import connection

from accounts.models import Device, Member
from common.compiled import ByKey
from tests.accounts.test_devices import device_of


def test_a_row_is_the_same_to_every_field_with_what_it_points_to(
    mei, ops, django_assert_num_queries
):
    by_key = ByKey(Device, "user__member")
    for user in (mei, ops):
        device = Device.objects.select_related("user__member").get(pk=device_of(user).device.pk)
        with django_assert_num_queries(1):
            found = by_key(device.pk)
            owner = found.user
            member = getattr(owner, "member", None)
        assert vars_of(found) == vars_of(device)
        assert vars_of(owner) == vars_of(device.user)
        assert not found.get_deferred_fields() | owner.get_deferred_fields()
        if user == mei:
            assert vars_of(member) == vars_of(device.user.member)
            assert member.user is owner
        else:
            assert member is None


def vars_of(row) -> dict[str, object]:
    return {field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields}


def test_what_is_not_there_is_none_and_the_plan_is_made_once(mei, monkeypatch):
    by_key = ByKey(Member)
    assert by_key(0) is None
    monkeypatch.setattr(by_key, "_plan_with", None)
    assert by_key(mei.member.pk) == mei.member


def test_a_key_of_another_type_is_refused_before_the_database_is_asked(mei):
    with pytest.raises(TypeError, match="is not what a key"):
        ByKey(Member)(str(mei.pk))


def test_a_plan_survives_a_table_that_grows(mei):
    by_key = ByKey(Member)
    assert by_key(mei.member.pk) == mei.member
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE accounts_member ADD COLUMN later text DEFAULT 'x'")
    assert by_key(mei.member.pk) == mei.member
