"""Members and shops from files."""

from datetime import UTC, datetime

import pytest

from accounts.loading import MemberLoader
from accounts.models import Member, Tier
from common.loading import Fates, load_file
from merchants.loading import ShopLoader
from merchants.models import Merchant, Shop

pytestmark = pytest.mark.django_db


def test_members_are_made_and_corrected_but_keep_tier_and_account(write, mei):
    path = write(
        "m.csv",
        "member_no,display_name,phone,registered_at,real_name_verified\n"
        "M10000001,周小宁,138-0000-2071,2024-03-01,true\n"
        "M7,艾达,,2025-01-01 08:00:00,否\n"
        "M8,坏电话,call me,,\n",
    )
    assert load_file(MemberLoader(), path).fates == Fates(inserted=1, updated=1, rejected=1)
    known = Member.objects.get(member_no="M10000001")
    assert (known.user, known.tier, known.real_name_verified) == (mei, Tier.NORMAL, True)
    new = Member.objects.get(member_no="M7")
    assert (new.display_name, new.phone, new.tier) == ("艾达", "", "normal")
    assert new.registered_at == datetime(2025, 1, 1, tzinfo=UTC)
    assert load_file(MemberLoader(), path).fates == Fates(unchanged=2, rejected=1)


def test_json_lines_leave_what_they_do_not_mention(write):
    Member.objects.create(member_no="M1", display_name="小宁", phone="13800002071")
    path = write("m.jsonl", '{"member_no": "M1", "display_name": "周小宁"}\n')
    assert load_file(MemberLoader(), path).fates == Fates(updated=1)
    assert Member.objects.get().phone == "13800002071"


def test_shops_bring_their_merchants(write):
    path = write(
        "s.csv",
        "shop_no,name,category,merchant_no,merchant_name\n"
        "S1,岭上鲜果旗舰店,生鲜,B1,岭上农业有限公司\n"
        "S2,岭上干货店,零食,B1,\n"
        "S3,无名店,,,某公司\n"
        "S4,独立店,,,\n",
    )
    assert load_file(ShopLoader(), path).fates == Fates(inserted=3, rejected=1)
    assert Merchant.objects.get().name == "岭上农业有限公司"
    assert list(Merchant.objects.get().shops.order_by("shop_no").values_list("shop_no")) == [
        ("S1",),
        ("S2",),
    ]
    assert Shop.objects.get(shop_no="S4").merchant is None


def test_shops_bring_their_region_and_keep_it_when_it_is_not_said(write):
    path = write("s.csv", "shop_no,name,region\nS1,岭上,浙江\nS2,山里,\n")
    assert load_file(ShopLoader(), path).fates == Fates(inserted=2)
    load_file(ShopLoader(), write("t.csv", "shop_no,name\nS1,岭上鲜果\n"))
    assert dict(Shop.objects.values_list("shop_no", "region")) == {"S1": "浙江", "S2": ""}


def test_a_file_of_names_alone_leaves_merchants_and_categories(write):
    merchant = Merchant.objects.create(merchant_no="B1", name="岭上农业有限公司")
    Shop.objects.create(shop_no="S1", name="旧名", category="生鲜", merchant=merchant)
    assert load_file(ShopLoader(), write("s.csv", "shop_no,name\nS1,新名\n")).fates == Fates(
        updated=1
    )
    shop = Shop.objects.get()
    assert (shop.name, shop.category, shop.merchant) == ("新名", "生鲜", merchant)
