"""The library as CSV: exact both ways, bad rows by line, nothing that a spreadsheet would run."""

import csv
import io
from datetime import UTC, datetime
from typing import get_args

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tallylight.compliance.library.check_content import one_line
from tallylight.compliance.library.claims_csv import ClaimRow, parse_claims, write_claims
from tallylight.compliance.library.import_claims import ClaimImport, export_claims, import_claims
from tallylight.compliance.library.types import ClaimContent, ClaimState
from tallylight.foundation.errors import InvalidInputError
from tallylight.foundation.ids import ShopId
from tests.compliance.library.test_library import GLOW, MINUTE, NOON, Library
from tests.conftest import Runner

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=40).map(one_line)
ROWS = st.builds(
    ClaimRow,
    product=st.none() | st.from_regex(r"[a-z0-9][a-z0-9-]{0,20}", fullmatch=True),
    market=st.sampled_from(["us-en", "uk-en", "eu-en", "cn-zh"]),
    content=st.builds(
        lambda wording, disclaimer, within_s, expires_at: ClaimContent(
            wording=wording,
            disclaimer=disclaimer or None,
            disclaimer_within_s=within_s if disclaimer else None,
            expires_at=expires_at,
        ),
        TEXT.filter(bool),
        TEXT,
        st.integers(1, 600),
        st.none() | st.datetimes(timezones=st.just(UTC)),
    ),
    state=st.sampled_from(get_args(ClaimState)),
)


@given(st.lists(ROWS, max_size=6))
def test_a_file_reads_as_what_was_written(rows: list[ClaimRow]) -> None:
    parsed = parse_claims(write_claims(rows).encode())
    assert parsed.problems == []
    assert [row for _, row in parsed.rows] == rows


@given(st.lists(ROWS, max_size=6))
def test_no_cell_is_a_formula(rows: list[ClaimRow]) -> None:
    for cells in csv.reader(io.StringIO(write_claims(rows).removeprefix("\ufeff"), newline="")):
        assert not [cell for cell in cells if cell.startswith(tuple("=+-@\t\r\n＝＋－＠"))]


def test_an_apostrophe_of_ones_own_stays() -> None:
    for wording in ("'tis soft", "'=1+1", "''quoted", "=1+1", "-40 % less oil", "@home"):
        rows = [ClaimRow(None, "us-en", ClaimContent(wording=wording), "draft")]
        assert parse_claims(write_claims(rows).encode()).rows[0][1].content.wording == wording


def test_bad_rows_are_reported_by_line_and_good_ones_read() -> None:
    body = (
        b"product,wording,disclaimer,disclaimer_within_s,expires_at,state\r\n"
        b"serum,Soft,,,,\r\n"
        b'serum,"Two\r\nlines, one claim",,,2027-01-31,approved\r\n'
        b"serum,,,,,\r\n"
        b"serum,Firm,Results vary,soon,,\r\n"
        b"serum,Calm,,,31.1.2027,\r\n"
        b"serum,Bright,,,,maybe\r\n"
        b"\r\n"
        b"serum,Clear,,,,,,\r\n"
        b"serum,Last,Results vary,,,review\r\n"
    )
    parsed = parse_claims(body)
    assert [(line, row.content.wording, row.state) for line, row in parsed.rows] == [
        (2, "Soft", "draft"),
        (3, "Two lines, one claim", "approved"),
        (11, "Last", "review"),
    ]
    assert parsed.rows[1][1].content.expires_at == datetime(2027, 2, 1, tzinfo=UTC), "until that day is over"
    assert parsed.rows[2][1].content.disclaimer_within_s == 10
    assert [each.line for each in parsed.problems] == [5, 6, 7, 8, 10]
    assert "2027-01-31" in parsed.problems[2].problem


@pytest.mark.parametrize(
    ("body", "says"), [(b"", "empty"), (b"claim\nx\n", "wording is missing"), (b"wording\n\xff\xfe\xfa", "UTF-8")]
)
def test_a_file_that_is_none_is_refused(body: bytes, says: str) -> None:
    with pytest.raises(InvalidInputError, match=says):
        parse_claims(body)


@pytest.fixture
def library(run: Runner) -> Library:
    return Library(run)


def bring(library: Library, body: str, *, may_approve: bool = True, shop_id: ShopId | None = None) -> ClaimImport:
    async def work() -> ClaimImport:
        async with library.run.database.transaction() as connection:
            return await import_claims(
                connection,
                shop_id or library.shop_id,
                body.encode(),
                may_approve=may_approve,
                by=library.ada,
                at=NOON,
            )

    return library.run(work())


def hand_out(library: Library) -> str:
    async def work() -> str:
        async with library.run.database.reading() as connection:
            return await export_claims(connection, library.shop_id, NOON)

    return library.run(work())


def test_a_library_goes_out_and_comes_back_the_same(run: Runner, database_url: str) -> None:
    library = Library(run)
    claim_id = library.approved(msgspec.structs.replace(GLOW, expires_at=NOON + MINUTE))
    library.revise(
        claim_id, ClaimContent(wording="Hydrates for 48 hours"), library.detail(claim_id).versions[0].revision
    )
    library.draft(ClaimContent(wording="=Softer"), brand=True)
    library.submit(library.draft(ClaimContent(wording="In review")))
    rejected = library.draft(ClaimContent(wording="Cures"), market="uk-en")
    library.submit(rejected)
    library.decide(rejected, approve=False, comment="no")
    file = hand_out(library)
    assert file.count("\r\n") == 6
    assert bring(library, file) == ClaimImport(0, 0, 5, []), "the same file again changes nothing"

    async def forget() -> None:
        async with run.database.transaction() as connection:
            for statement in (
                "alter table claim_step disable trigger all",
                "grant delete on claim_step to current_user",
                "delete from claim_step",
                "delete from claim_version",
                "delete from claim",
                "alter table claim_step enable trigger all",
            ):
                await connection.exec_driver_sql(statement)

    run(forget())
    assert hand_out(library).count("\r\n") == 1
    report = bring(library, file)
    assert report.skipped_rows == []
    assert hand_out(library) == file


def test_importing_as_approved_needs_who_may_approve(library: Library) -> None:
    body = "product,wording,state\r\nserum,Soft,approved\r\nserum,Firm,review\r\nnone,Calm,draft\r\n"
    report = bring(library, body, may_approve=False)
    assert report.imported == 1
    assert [(each.line, each.problem.split(";")[0]) for each in report.skipped_rows] == [
        (2, "the state approved needs the role compliance"),
        (4, "there is no product with the handle 'none' in this shop"),
    ]
    assert library.in_force() == []
    assert bring(library, body).imported == 1
    assert [each.wording for each in library.in_force()] == ["Soft"]


def test_a_known_wording_is_brought_up_to_date(library: Library) -> None:
    claim_id = library.approved(ClaimContent(wording="Soft"))
    report = bring(library, "product,wording,disclaimer,state\r\nserum,soft,Results vary,approved\r\n")
    assert (report.imported, report.updated) == (0, 1)
    held = library.in_force()
    assert [(each.id, each.version, each.wording, each.disclaimer) for each in held] == [
        (claim_id, 2, "soft", "Results vary")
    ]
