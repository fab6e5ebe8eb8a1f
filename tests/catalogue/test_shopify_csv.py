"""The importer's reading half: every oddity of the format, and limits."""

import pytest

from tallylight.catalogue import shopify_csv
from tallylight.catalogue.shopify_csv import decode_csv, parse_shopify_csv
from tallylight.foundation.errors import InvalidInputError

HEADER = (
    "Handle,Title,Body (HTML),Vendor,Type,Tags,Published,Option1 Name,Option1 Value,Option2 Name,Option2 Value,"
    "Variant SKU,Variant Grams,Variant Inventory Qty,Variant Price,Variant Compare At Price,Image Src,Image Position,"
    "Image Alt Text,SEO Title\n"
)
SCARF = (
    'fern-scarf,Fern Scarf,"<p>Soft,\nwarm</p>",Fern & Co,Scarves,"wool, green",true,Colour,Moss,Size,One,'
    "FS-1,120,7,24.00,30,https://example.com/moss.jpg,1,A moss scarf,x\n"
    "fern-scarf,,,,,,,,Sand,,One,FS-2,120,3,24.00,,https://example.com/sand.jpg,2,,\n"
    "fern-scarf,,,,,,,,,,,,,,,,https://example.com/detail.jpg,3,Detail,\n"
)
MUG = "mug,Mug,,,,,true,Title,Default Title,,,,,-2,9.5,,,,,\n"


def test_variants_options_photos_and_texts() -> None:
    parsed = parse_shopify_csv("\ufeff" + HEADER + SCARF + MUG, "USD")
    assert parsed.skipped_rows == []
    scarf = parsed.products["fern-scarf"]
    assert scarf.description == "Soft, warm"
    assert scarf.tags == ("wool", "green")
    assert [(each.title, each.options, each.price_minor, each.on_hand, each.sku) for each in scarf.variants] == [
        ("Moss / One", {"Colour": "Moss", "Size": "One"}, 2400, 7, "FS-1"),
        ("Sand / One", {"Colour": "Sand", "Size": "One"}, 2400, 3, "FS-2"),
    ]
    assert scarf.variants[0].compare_at_minor == 3000
    assert [photo.url for photo in scarf.photos] == [
        "https://example.com/moss.jpg",
        "https://example.com/sand.jpg",
        "https://example.com/detail.jpg",
    ]
    mug = parsed.products["mug"]
    assert (mug.variants[0].title, mug.variants[0].options, mug.variants[0].price_minor) == ("Default", {}, 950)
    assert mug.variants[0].on_hand == 0


def test_bad_rows_are_reported_by_physical_line_and_good_ones_kept() -> None:
    bad = (
        "lamp,Lamp,,,,,true,Size,S,,,,,1,cheap,,,,,\n"  # line 7: the scarf takes lines 2 to 5, the mug 6
        "lamp,,,,,,,,M,,,,,1,12,,,,,\n"  # line 8: good, so the lamp exists
        ",No handle,,,,,,,,,,,,1,1,,,,,\n"  # line 9
        "orphan,,,,,,,,S,,,,,1,1,,,,,\n"  # line 10
        "vase,Vase,,,,,,,,,,,,1,-4,,,,,\n"  # line 11
        "vase2,Vase,,,,,,,,,,,,many,4,,,,,\n"  # line 12
        "vase3,Vase,,,,,,,,,,,,1,4,,javascript:alert(1),,,\n"  # line 13
        "mug,,,,,,,Title,Default Title,,,,,1,9.5,,,,,\n"  # line 14: the same options again
        '"=HYPERLINK(""http://x"")",Evil,,,,,,,,,,,,1,4,,,,,\n'  # line 15
        "+1 bowl,Bowl,,,,,,,,,,,,1,4.001,,,,,\n"  # line 16: a plus is fine, a tenth of a cent is not
        "wide,Wide" + "," * 40 + "\n"  # line 17
        "last,Last,,,,,,,,,,,,2,3,,,,,\n"
    )
    parsed = parse_shopify_csv(HEADER + SCARF + MUG + bad, "USD")
    assert [row.line for row in parsed.skipped_rows] == [7, 9, 10, 11, 12, 13, 14, 15, 16, 17]
    problems = {row.line: row.problem for row in parsed.skipped_rows}
    assert "'cheap'" in problems[7]
    assert "Handle" in problems[9]
    assert "formula" in problems[15]
    assert "more decimals" in problems[16]
    assert set(parsed.products) == {"fern-scarf", "mug", "lamp", "last"}
    assert [each.title for each in parsed.products["lamp"].variants] == ["M"]


def test_unclosed_quote_spoils_its_own_row_only_when_the_file_ends() -> None:
    parsed = parse_shopify_csv(HEADER + MUG + 'tray,"Tray,,,\n', "USD")
    assert list(parsed.products) == ["mug"]
    assert [row.line for row in parsed.skipped_rows] == [3]


@pytest.mark.parametrize("text", ["", "Handle,Title\nx,y\n", "a;b;c\n"])
def test_a_file_of_another_kind_is_refused_clearly(text: str) -> None:
    with pytest.raises(InvalidInputError, match=r"empty|no column"):
        parse_shopify_csv(text, "USD")


def test_windows_and_old_mac_line_ends() -> None:
    for end in ("\r\n", "\r"):
        parsed = parse_shopify_csv((HEADER + MUG + "x,,,,,,,,,,,,,,,,,,,\n").replace("\n", end), "USD")
        assert list(parsed.products) == ["mug"]
        assert [row.line for row in parsed.skipped_rows] == [3]


def test_rows_over_the_limit_are_counted_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shopify_csv, "ROWS_MAX", 2)
    parsed = parse_shopify_csv(HEADER + "".join(f"h{i},T,,,,,,,,,,,,1,3,,,,,\n" for i in range(5)), "USD")
    assert len(parsed.products) == 2
    assert "more than 2 rows" in parsed.skipped_rows[-1].problem


def test_encodings() -> None:
    assert decode_csv("\ufeffé".encode()) == "é"
    assert decode_csv("é".encode("utf-16")) == "é"
    with pytest.raises(InvalidInputError, match="not UTF-8"):
        decode_csv(b"\xe9,")
    with pytest.raises(InvalidInputError, match="limit"):
        decode_csv(b"x" * (shopify_csv.BYTES_MAX + 1))


def test_prices_follow_the_currency() -> None:
    parsed = parse_shopify_csv(HEADER + "a,A,,,,,,,,,,,,1,1500,,,,,\nb,B,,,,,,,,,,,,1,9.5,,,,,\n", "JPY")
    assert parsed.products["a"].variants[0].price_minor == 1500
    assert "more decimals than JPY" in parsed.skipped_rows[0].problem
