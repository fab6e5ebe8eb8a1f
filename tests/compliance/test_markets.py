"""What each market says otherwise: law, money, spelling, and a language without spaces."""

import pytest

from tallylight.compliance.chinese import CONTROL_WORDS, chinese_words, join_words, read_chinese
from tallylight.compliance.facts import LiveFacts
from tallylight.compliance.pack import load_pack
from tests.compliance.corpus import judge_in

POUNDS = LiveFacts(price="12.50", list_price="20.00", currency="GBP", reference_price_substantiated=True)
EUROS = LiveFacts(price="60.00", list_price="100.00", lowest_price_30d="80.00", currency="EUR")
YUAN = LiveFacts(price="129.00", list_price="199.00", currency="CNY")


@pytest.mark.parametrize(
    ("text", "facts", "verdict"),
    [
        ("It's only a tenner.", POUNDS, "block"),
        ("It's knocked down to twelve pounds fifty.", POUNDS, "clear"),
        ("It's just twelve quid fifty.", POUNDS, "clear"),
        ("Yours for twelve fifty.", POUNDS, "clear"),
        ("It's £12.50 tonight.", POUNDS, "clear"),
        ("It's £10 tonight.", POUNDS, "block"),
        ("The RRP is twenty pounds.", POUNDS, "clear"),
        ("The RRP is thirty pounds.", POUNDS, "block"),
        ("It's twelve pounds fifty plus VAT.", POUNDS, "block"),
        ("It's twelve pounds fifty including VAT.", POUNDS, "clear"),
        ("I found a fiver in my coat this morning.", POUNDS, "clear"),
        ("It stimulates collagen.", POUNDS, "block"),
        ("Kids, get your mum to buy it.", POUNDS, "block"),
        ("It's my favourite colour.", POUNDS, "clear"),
        ("It helps with haemorrhoids.", POUNDS, "block"),
        ("This one is for the mums at home.", POUNDS, "clear"),
    ],
)
def test_united_kingdom(text: str, facts: LiveFacts, verdict: str) -> None:
    judged = judge_in("uk-en", text, facts)
    assert judged.verdict == verdict, judged.findings


@pytest.mark.parametrize(
    ("text", "facts", "verdict"),
    [
        ("That's forty percent off.", EUROS, "block"),
        ("That's twenty five percent off.", EUROS, "clear"),
        ("You save twenty euros.", EUROS, "clear"),
        ("You save forty euros.", EUROS, "block"),
        ("It was eighty euros before.", EUROS, "clear"),
        ("The recommended price is one hundred euros.", EUROS, "clear"),
        ("That's forty percent off.", LiveFacts(price="60.00", list_price="100.00"), "hold"),
        ("It's sixty euros.", EUROS, "clear"),
        ("It's 59,90€.", EUROS, "block"),
        ("It's 60 € today.", EUROS, "clear"),
        ("It's carbon neutral.", EUROS, "block"),
    ],
)
def test_european_union(text: str, facts: LiveFacts, verdict: str) -> None:
    judged = judge_in("eu-en", text, facts)
    assert judged.verdict == verdict, judged.findings


def test_relieves_stress_passes_in_america_and_stops_in_europe() -> None:
    text = "This tea relieves stress after a long day."
    assert judge_in("us-en", text, LiveFacts()).verdict == "clear"
    for market in ("uk-en", "eu-en"):
        (found,) = judge_in(market, text, LiveFacts()).findings
        assert (found.rule, found.verdict) == ("R1", "hold")
        assert "1924/2006" in found.citation


def test_an_amount_is_in_the_market_s_currency_when_the_facts_do_not_say() -> None:
    facts = LiveFacts(price="20.00")
    assert judge_in("uk-en", "It's thirty quid.", facts).verdict == "block"
    assert judge_in("eu-en", "It's thirty euros.", facts).verdict == "block"


def test_a_british_host_discloses_in_british_words() -> None:
    assert load_pack("uk-en").discloses("Just so you know, this is an advert.")
    assert not load_pack("us-en").discloses("Just so you know, this is my coat.")


@pytest.mark.parametrize(
    ("text", "facts", "verdict"),
    [
        ("这是全世界最好的面霜。", YUAN, "block"),
        ("我们是行业第一。", YUAN, "block"),
        ("这是顶级的面料。", YUAN, "block"),
        ("这不是最好的，但是我很喜欢。", YUAN, "clear"),
        ("最近天气很冷。", YUAN, "clear"),
        ("最后我们来看一下颜色。", YUAN, "clear"),
        ("我最喜欢这个颜色。", YUAN, "clear"),
        ("它能治疗牛皮癣。", YUAN, "block"),
        ("它不能治疗牛皮癣。", YUAN, "clear"),
        ("有人问，能治牛皮癣吗？不能哦。", YUAN, "clear"),
        ("能治牛皮癣吗？当然。", YUAN, "block"),
        ("这部电影很治愈。", YUAN, "clear"),
        ("到手价一百二十九元。", YUAN, "clear"),
        ("到手价九十九元。", YUAN, "block"),
        ("今天只要129块。", YUAN, "clear"),
        ("原价一百九十九，现在一百二十九。", YUAN, "clear"),
        ("原价三百九十九。", YUAN, "block"),
        ("今天六五折。", YUAN, "clear"),
        ("今天五折！", YUAN, "block"),
        ("全网最低价！", YUAN, "block"),
        ("今天全国包邮。", LiveFacts(shipping_fee="0.00", currency="CNY"), "clear"),
        ("大家好，欢迎来到直播间。", YUAN, "clear"),
    ],
)
def test_china(text: str, facts: LiveFacts, verdict: str) -> None:
    judged = judge_in("cn-zh", text, facts)
    assert judged.verdict == verdict, judged.findings


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("九块九", "9.9 cny"),
        ("九十九块钱", "99 cny"),
        ("一百二十九块九毛", "129.9 cny"),
        ("九毛", "0.9 cny"),
        ("三块半", "3.5 cny"),
        ("九块九毛九", "9.9 cny 9"),
        ("￥99", "99 cny"),
        ("１２９元", "129 cny"),
        ("八五折", "15 percent off"),
        ("半价", "50 percent off"),
        ("百分之九十", "90 percent"),
        ("一千二", "1200"),
        ("两万三千", "23000"),
        ("一百零五", "105"),
        ("十五分钟", "15 minutes"),
        ("特别好", "特别 好"),
        ("没问题", "没问题"),
    ],
)
def test_reading_chinese(text: str, tokens: str) -> None:
    assert " ".join(token.text for token in read_chinese([text], CONTROL_WORDS)) == tokens


def test_chinese_words_keep_their_places_and_pieces_are_read_together() -> None:
    text = "今天只要九块九，包邮！"
    pack = load_pack("cn-zh")
    words = chinese_words(text, pack.vocabulary)
    assert all(text[start:end] == word for word, start, end in words)
    assert join_words([word for word, _, _ in words]) == text
    assert join_words(["this", "“cream”", "好用"]) == "this “cream”好用"
    whole = [token.text for token in read_chinese([text], pack.vocabulary)]
    assert [token.text for token in read_chinese(list(text), pack.vocabulary)] == whole
