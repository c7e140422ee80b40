"""Find names where the text announces one, and names known from elsewhere."""

import re
from collections.abc import Iterable, Iterator

from common.masking.folding import WIDTH, Span
from common.masking.spans import occurrences

_SURNAMES = frozenset(
    "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许何吕施张孔曹严华金魏陶姜戚谢邹喻柏水窦章云苏潘葛"
    "奚范彭郎鲁韦昌马苗凤花方俞任袁柳酆鲍史唐费廉岑薛雷贺倪汤滕殷罗毕郝邬安常乐于时傅皮卞齐康"
    "伍余元卜顾孟平黄和穆萧尹姚邵湛汪祁毛禹狄米贝明臧计伏成戴谈宋茅庞熊纪舒屈项祝董梁杜阮蓝闵"
    "席季麻强贾路娄危江童颜郭梅盛林刁钟徐邱骆高夏蔡田樊胡凌霍虞万支柯昝管卢莫经房裘缪干解应宗"
    "丁宣贲邓郁单杭洪包诸左石崔吉钮龚程嵇邢滑裴陆荣翁荀羊惠甄曲家封芮羿储靳汲邴糜松井段富巫乌"
    "焦巴弓牧隗山谷车侯宓蓬全郗班仰秋仲伊宫宁仇栾暴甘厉戎祖武符刘景詹束龙叶幸司韶郜黎蓟薄印宿"
    "白怀蒲邰从鄂索咸籍赖卓蔺屠蒙池乔阴胥能苍双闻莘党翟谭贡劳逄姬申扶堵冉宰郦雍璩桑桂濮牛寿通"
    "边扈燕冀郏浦尚农温别庄晏柴瞿阎充慕连茹习宦艾鱼容向古易慎戈廖庾终暨居衡步都耿满弘匡国文寇"
    "广禄阙东欧利蔚越夔隆师巩聂晁勾敖融冷辛阚那简饶空曾毋沙养鞠须丰巢关相查后荆红游权肖闫付代"
    "涂覃涂岳仝佟苟楚"
)
_COMPOUND_SURNAMES = re.compile(
    "欧阳|司马|上官|诸葛|夏侯|皇甫|尉迟|公孙|慕容|令狐|宇文|长孙|司徒|东方|南宫|西门|端木|独孤"
)
_ANNOUNCED = re.compile(
    r"(?=[收联姓户持开我名])(?:收货人|收件人|联系人|姓名|户名|持卡人|开户名|我叫|名字[是叫])"
    r"[ :是为叫=]{0,3}+([一-鿿]{2,12}(?:·[一-鿿]{2,12})?)"
)
_NOT_A_NAME = re.compile(
    r"电话|手机|地址|身份|银行|联系|订单|先生|女士|小姐|同学|微信|邮|收|[我你您他她的是在住要这那不也买]"
)


def announced_names(folded: str) -> Iterator[Span]:
    for match in _ANNOUNCED.finditer(folded):
        length = _name_length(match[1])
        if length:
            yield Span(match.start(1), match.start(1) + length, "name")


def _name_length(text: str) -> int:
    """Return how many characters of ``text`` are a name, 0 when it begins with none."""
    if "·" in text:
        return len(text)
    surname = 2 if _COMPOUND_SURNAMES.match(text) else 1
    if surname == 1 and text[0] not in _SURNAMES:
        return 0
    given = _NOT_A_NAME.split(text[surname : surname + 4], maxsplit=1)[0][:2]
    return surname + len(given) if given else 0


def known_names(folded: str, names: Iterable[str]) -> Iterator[Span]:
    spans = [
        Span(start, end, "name")
        for name in {name.strip() for name in names}
        if len(name) > 1
        for start, end in occurrences(folded, name.translate(WIDTH))
    ]
    return iter(sorted(spans))
