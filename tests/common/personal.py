"""A generated corpus of personal data in disguise, and of numbers that only look like it."""

import random
from datetime import date, timedelta

PLAIN = "0123456789"
FULL_WIDTH = "０１２３４５６７８９"
NUMERALS = "零一二三四五六七八九"
SPOKEN = "洞幺两三四五六拐八勾"


def written_in(digits, script):
    return "".join(script[int(c)] if c in PLAIN else c for c in digits)


def grouped(number, sizes, separator):
    parts, at = [], 0
    for size in sizes:
        parts.append(number[at : at + size])
        at += size
    return separator.join([*parts, number[at:]])


DISGUISES = {
    "plain": lambda n, r: n,
    "full width": lambda n, r: written_in(n, FULL_WIDTH),
    "numerals": lambda n, r: written_in(n, NUMERALS),
    "spoken": lambda n, r: written_in(n, SPOKEN),
    "dashes": lambda n, r: grouped(n, (3, 4) if len(n) == 11 else (6, 8), "-"),
    "blanks": lambda n, r: grouped(n, (3, 4) if len(n) == 11 else (4, 4, 4), " "),
    "wide blanks": lambda n, r: grouped(n, (3, 4) if len(n) == 11 else (4, 4, 4, 4), "　"),
    "zero width": lambda n, r: grouped(n, (r.randint(1, 5), r.randint(1, 5)), "\u200b"),
    "one by one": lambda n, r: " ".join(n),
    "commas": lambda n, r: "，".join(n),
    "half numerals": lambda n, r: n[:3] + written_in(n[3:7], NUMERALS) + n[7:],
    "long dashes": lambda n, r: grouped(n, (3, 4) if len(n) == 11 else (4, 4, 4), "—"),
}


def phone(r):
    return f"1{r.choice('3456789')}" + "".join(r.choices(PLAIN, k=9))


def id_card(r):
    born = date(1950, 1, 1) + timedelta(r.randrange(22_000))
    body = f"{r.choice(['110105', '330106', '440305', '510104', '650102'])}{born:%Y%m%d}"
    body += f"{r.randrange(1000):03}"
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    return body + "10X98765432"[sum(int(c) * w for c, w in zip(body, weights, strict=True)) % 11]


def bank_card(r):
    prefix, length = r.choice(
        [("6222", 19), ("6217", 19), ("6225", 16), ("4392", 16), ("5218", 16)]
    )
    body = prefix + "".join(r.choices(PLAIN, k=length - len(prefix) - 1))
    total = sum(
        int(c) if place % 2 else (0, 2, 4, 6, 8, 1, 3, 5, 7, 9)[int(c)]
        for place, c in enumerate(reversed(body))
    )
    return body + str(-total % 10)


NUMBERS = {"phone": phone, "id": id_card, "card": bank_card}
CARRIERS = [
    "{}",
    "亲，麻烦改一下电话{}，谢谢",
    "联系我{}吧",
    "我是{}，包裹到了请打给我",
    "（{}）",
    "to: {} thanks",
    "收货信息：{}\n请尽快",
    "用这个{}行吗",
]

MAILS = [
    "mei.zhou@example.com",
    "１２３４５＠ｑｑ．com",
    "a_b+c@mail.example.cn",
    "Zhou-88@foxmail.com",
]
CITIES = [
    ("浙江省杭州市余杭区", ""),
    ("北京市朝阳区", ""),
    ("广东省深圳市南山区", ""),
    ("四川省成都市武侯区", ""),
    ("广西壮族自治区南宁市青秀区", ""),
    ("上海市浦东新区", ""),
    ("江苏省苏州市昆山市", ""),
    ("河南省郑州市中牟县", ""),
]
STREETS = [
    "文一西路",
    "建国路",
    "科技南十二路",
    "人民中路",
    "仓前街道余杭塘路",
    "青年大道",
    "小营巷",
]
HOUSES = [
    "969号",
    "88号院5号楼",
    "3号翠苑小区2栋1单元301室",
    "12号 3幢 402室",
    "一百二十号",
    "66号A座1203",
]
ADDRESS_CARRIERS = [
    "{}",
    "寄到{}，谢谢",
    "地址：{}",
    "我住在{}。",
    "收件地址 {}\n",
    "亲，改成{}可以吗",
]
NAMES = ["周宁", "周小宁", "欧阳小宁", "王芳", "李建国", "司马青"]
NAME_CARRIERS = ["收货人：{}", "联系人 {}，电话在下面", "我叫{}，昨天买的", "姓名:{}", "户名是{}"]


def positives(count, seed=9):
    """Yield (kind, disguise, secret, text); every text holds one secret."""
    r = random.Random(seed)
    cells = [(kind, disguise) for kind in NUMBERS for disguise in DISGUISES]
    for index in range(count):
        kind, disguise = cells[index % len(cells)]
        secret = NUMBERS[kind](r)
        yield kind, disguise, secret, r.choice(CARRIERS).format(DISGUISES[disguise](secret, r))


def addresses(count, seed=10):
    """Yield (district, detail, text)."""
    r = random.Random(seed)
    for _ in range(count):
        district, detail = r.choice(CITIES)[0], r.choice(STREETS) + r.choice(HOUSES)
        yield district, detail, r.choice(ADDRESS_CARRIERS).format(district + detail)


NEGATIVES = [
    lambda r: f"订单{r.randrange(10**18, 10**19)}怎么还没发货",
    lambda r: f"订单号：{r.randrange(10**15, 10**16)}，麻烦查一下",
    lambda r: f"单号YT{r.randrange(10**12, 10**13)}三天没动了",
    lambda r: f"SF{r.randrange(10**12, 10**13)} 到杭州了吗",
    lambda r: (
        f"{r.randint(2020, 2026)}-{r.randint(1, 12):02}-{r.randint(1, 28):02}"
        f" 09:00:00,{r.randrange(1000):03} 收到"
    ),
    lambda r: f"时间戳 {r.randrange(10**12, 2 * 10**12)} 毫秒",
    lambda r: f"请求用了 {r.randrange(10**9, 2 * 10**9)}.{r.randrange(10)}",
    lambda r: f"一共{r.randrange(1, 99999)}.{r.randrange(100):02}元，减{r.randrange(1, 300)}",
    lambda r: (
        f"身高{r.randint(150, 190)} 体重{r.randint(45, 90)}"
        f" 尺码{r.randint(36, 45)} 买{r.randint(1, 9)}件"
    ),
    lambda r: f"{r.randint(1, 12)}月{r.randint(1, 28)}号下单，{r.randint(1, 28)}号能到吗",
    lambda r: f"一号店的{r.randint(2, 9)}号链接，{r.randint(2, 9)}楼的那家",
    lambda r: f"型号 XR-{r.randrange(10**5)}-{r.randrange(10**4)} 有货吗",
    lambda r: f"商品编号 69{r.randrange(10**10, 10**11)}",
    lambda r: f"客服热线 400-{r.randrange(100, 999)}-{r.randrange(1000, 9999)}",
    lambda r: f"{r.getrandbits(128):032x} 是请求编号",
    lambda r: (
        f"01{r.getrandbits(24):06x}-{r.getrandbits(16):04x}-7{r.getrandbits(12):03x}-{r.getrandbits(16):04x}-{r.getrandbits(48):012x}"
    ),
    lambda r: f"评分 {r.randint(1, 5)},{r.randint(1, 5)},{r.randint(1, 5)},{r.randint(1, 5)}",
    lambda r: f"三五天到，一两个坏了，退{r.choice('一二三四五')}个行吗",
    lambda r: f"二〇二六年{r.choice('三四五六')}月买的，保修一年",
    lambda r: f"杭州市的天气{r.randint(10, 35)}度，路上{r.randint(1, 9)}小时",
    lambda r: f"超市{r.randint(1, 6)}楼和商场{r.randint(1, 6)}层都没有",
    lambda r: f"我叫客服{r.randint(1, 9)}次了，联系人工也没用",
    lambda r: f"邮编{r.randrange(100000, 860000)}，重{r.randrange(1, 9000)}克",
    lambda r: f"版本 {r.randint(1, 9)}.{r.randint(0, 30)}.{r.randint(0, 30)}.{r.randrange(10**6)}",
]


def negatives(count, seed=11):
    """Yield texts that hold nothing personal."""
    r = random.Random(seed)
    for index in range(count):
        yield NEGATIVES[index % len(NEGATIVES)](r)
