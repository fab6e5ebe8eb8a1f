"""Script files: what they may say, and what is said about a wrong one."""

import pytest

from tallylight.compliance.scripts.script_file import read_script_file
from tallylight.foundation.errors import InvalidInputError

FILE = b"""
title = "Friday live"
show = "friday"

[[segment]]
title = "Welcome"
policy = "free"

[[segment]]
title = "Serum"
policy = "strict"
product = "serum"
cue = "Pin"
text = \"\"\"
It hydrates.

Buy it now.
\"\"\"
"""


def test_a_file_is_read() -> None:
    file = read_script_file(FILE)
    assert (file.title, file.market, file.show) == ("Friday live", "us-en", "friday")
    assert [(each.title, each.policy, each.product, each.cue) for each in file.segment] == [
        ("Welcome", "free", None, None),
        ("Serum", "strict", "serum", "Pin"),
    ]


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b"title = ", "not TOML"),
        (b"\xff\xfe", "not UTF-8"),
        (b'title = "x"', "segment"),
        (b'title = "x"\nsegmnt = []\nsegment = []', "segmnt"),
        (b'title = "x"\n[[segment]]\ntitle = "a"\npolicy = "loose"', "policy"),
        (b'title = "x"\n[[segment]]\ntitle = "a"\ncue = "Pin"', "show ="),
    ],
)
def test_a_wrong_file_says_where(body: bytes, says: str) -> None:
    with pytest.raises(InvalidInputError, match=says):
        read_script_file(body)
