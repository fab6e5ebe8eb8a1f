"""The life of a claim: drafted, reviewed, in force, changed, expired, withdrawn; and its history."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import msgspec
import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from tallylight import catalogue
from tallylight.catalogue.types import NewProduct, NewVariant
from tallylight.compliance.errors import ChangedMeanwhileError, WrongStateError
from tallylight.compliance.library.draft_claim import draft_claim, revise_claim
from tallylight.compliance.library.models import claim_step
from tallylight.compliance.library.queries import HeldClaim, claim_detail, claims_in_force, claims_of_shop
from tallylight.compliance.library.review_claim import comment_claim, decide_claim, submit_claim, withdraw_claim
from tallylight.compliance.library.types import ClaimContent, ClaimDetail
from tallylight.foundation.errors import InvalidInputError, NotFoundError
from tests.conftest import Runner
from tests.support.shop import NOW_US, make_person, make_shop

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
GLOW = ClaimContent(wording="Hydrates for 24 hours", disclaimer="Results vary", disclaimer_within_s=20)


class Library:
    """A shop with two products and somebody who works there."""

    def __init__(self, run: Runner) -> None:
        self.run = run
        self.shop_id = run(make_shop(run.database))
        self.ada = run(make_person(run.database))
        self.serum, self.mug = run(self._products())

    async def _products(self) -> tuple[UUID, UUID]:
        made = []
        async with self.run.database.transaction() as connection:
            for handle in ("serum", "mug"):
                new = NewProduct(handle=handle, title=handle.title(), variants=(NewVariant(price_minor=2000),))
                made.append(await catalogue.create_product(connection, self.shop_id, new, at_us=NOW_US))
        return made[0], made[1]

    def draft(self, content: ClaimContent = GLOW, *, brand: bool = False, market: str = "us-en") -> UUID:
        async def work() -> UUID:
            async with self.run.database.transaction() as connection:
                product_id = None if brand else self.serum
                return await draft_claim(
                    connection, self.shop_id, product_id, content, market=market, by=self.ada, at=NOON
                )

        return self.run(work())

    def revise(self, claim_id: UUID, content: ClaimContent, revision: int) -> int:
        async def work() -> int:
            async with self.run.database.transaction() as connection:
                return await revise_claim(connection, claim_id, content, revision=revision, by=self.ada, at=NOON)

        return self.run(work())

    def submit(self, claim_id: UUID) -> None:
        async def work() -> None:
            revision = (await self._detail(claim_id)).versions[0].revision
            async with self.run.database.transaction() as connection:
                await submit_claim(connection, claim_id, revision=revision, by=self.ada, at=NOON)

        self.run(work())

    def decide(
        self,
        claim_id: UUID,
        *,
        approve: bool = True,
        at: datetime = NOON,
        comment: str = "",
        revision: int | None = None,
    ) -> None:
        async def work() -> None:
            read = (await self._detail(claim_id)).versions[0].revision if revision is None else revision
            async with self.run.database.transaction() as connection:
                await decide_claim(
                    connection, claim_id, approve=approve, revision=read, by=self.ada, at=at, comment=comment
                )

        self.run(work())

    def approved(self, content: ClaimContent = GLOW, *, brand: bool = False) -> UUID:
        claim_id = self.draft(content, brand=brand)
        self.submit(claim_id)
        self.decide(claim_id)
        return claim_id

    def in_force(self, at: datetime = NOON, product: UUID | None = None, market: str = "us-en") -> list[HeldClaim]:
        async def work() -> list[HeldClaim]:
            async with self.run.database.reading() as connection:
                return await claims_in_force(connection, self.shop_id, [product or self.serum], market, at)

        return self.run(work())

    def detail(self, claim_id: UUID) -> ClaimDetail:
        return self.run(self._detail(claim_id))

    async def _detail(self, claim_id: UUID) -> ClaimDetail:
        async with self.run.database.reading() as connection:
            return await claim_detail(connection, claim_id, NOON)


@pytest.fixture
def library(run: Runner) -> Library:
    return Library(run)


def test_only_an_approved_claim_clears_anything(library: Library) -> None:
    claim_id = library.draft()
    assert library.in_force() == []
    library.submit(claim_id)
    assert library.in_force() == []
    library.decide(claim_id)
    held = library.in_force()
    assert [(each.wording, each.disclaimer, each.disclaimer_within_s) for each in held] == [
        ("Hydrates for 24 hours", "Results vary", 20)
    ]
    assert library.in_force(NOON - MINUTE) == [], "not before it was approved"
    assert library.in_force(product=library.mug) == []
    assert library.in_force(market="uk-en") == []


def test_a_brands_claim_clears_for_each_of_its_products(library: Library) -> None:
    library.approved(ClaimContent(wording="Made without palm oil"), brand=True)
    assert [each.product_id for each in library.in_force(product=library.mug)] == [None]
    assert len(library.in_force(product=library.serum)) == 1


def test_an_expired_claim_stops_clearing_at_that_moment(library: Library) -> None:
    library.approved(msgspec.structs.replace(GLOW, expires_at=NOON + MINUTE))
    assert len(library.in_force(NOON + MINUTE - timedelta(microseconds=1))) == 1
    assert library.in_force(NOON + MINUTE) == []


def test_the_approved_wording_stays_until_its_change_is_approved(library: Library) -> None:
    claim_id = library.approved()
    changed = msgspec.structs.replace(GLOW, wording="Hydrates for 48 hours")
    assert library.revise(claim_id, changed, library.detail(claim_id).versions[0].revision) == 2
    library.submit(claim_id)
    assert [each.wording for each in library.in_force()] == ["Hydrates for 24 hours"]
    library.decide(claim_id, at=NOON + MINUTE)
    assert [each.wording for each in library.in_force(NOON + MINUTE)] == ["Hydrates for 48 hours"]
    assert [each.wording for each in library.in_force(NOON)] == ["Hydrates for 24 hours"], "as it was at those words"
    assert [(each.version, each.state) for each in library.detail(claim_id).versions] == [
        (2, "approved"),
        (1, "superseded"),
    ]


def test_a_rejected_change_leaves_the_approved_wording_in_force(library: Library) -> None:
    claim_id = library.approved()
    library.revise(claim_id, ClaimContent(wording="Cures dryness"), library.detail(claim_id).versions[0].revision)
    library.submit(claim_id)
    with pytest.raises(InvalidInputError, match="a rejection needs a comment"):
        library.decide(claim_id, approve=False)
    library.decide(claim_id, approve=False, comment="a disease claim")
    assert [each.wording for each in library.in_force()] == ["Hydrates for 24 hours"]
    assert library.detail(claim_id).steps[-1].comment == "a disease claim"


def test_a_decision_is_about_what_the_reviewer_read(library: Library) -> None:
    claim_id = library.draft()
    library.submit(claim_id)
    read = library.detail(claim_id).versions[0].revision
    library.revise(claim_id, ClaimContent(wording="Hydrates for ever"), read)
    assert library.detail(claim_id).versions[0].state == "draft", "a change takes it out of review"
    with pytest.raises(ChangedMeanwhileError):
        library.decide(claim_id, revision=read)
    with pytest.raises(WrongStateError):
        library.decide(claim_id)


def test_a_withdrawn_claim_clears_nothing_from_then_on(library: Library) -> None:
    claim_id = library.approved()

    async def withdraw() -> None:
        async with library.run.database.transaction() as connection:
            await withdraw_claim(connection, claim_id, by=library.ada, at=NOON + MINUTE, comment="study retracted")

    library.run(withdraw())
    assert len(library.in_force(NOON)) == 1
    assert library.in_force(NOON + MINUTE) == []
    with pytest.raises(WrongStateError):
        library.run(withdraw())


def test_the_history_says_who_and_when_and_cannot_be_changed(library: Library) -> None:
    claim_id = library.approved()

    async def remark() -> None:
        async with library.run.database.transaction() as connection:
            await comment_claim(connection, claim_id, by=library.ada, at=NOON, comment="see the study")

    library.run(remark())
    steps = library.detail(claim_id).steps
    assert [each.step for each in steps] == ["drafted", "submitted", "approved", "commented"]
    assert {(each.by, each.at) for each in steps} == {("Ada", NOON)}

    async def tamper(statement: sa.sql.expression.Executable) -> None:
        async with library.run.database.transaction() as connection:
            await connection.execute(statement)

    for statement in (claim_step.update().values(comment="no"), claim_step.delete()):
        with pytest.raises(DBAPIError, match="append-only|permission denied"):
            library.run(tamper(statement))
    assert library.detail(claim_id).steps == steps


@pytest.mark.parametrize(
    ("content", "field"),
    [
        (ClaimContent(wording="  "), "wording"),
        (ClaimContent(wording="x" * 501), "wording"),
        (ClaimContent(wording="soft", disclaimer="y" * 501), "disclaimer"),
        (ClaimContent(wording="soft", disclaimer="vary", disclaimer_within_s=0), "disclaimer_within_s"),
        (ClaimContent(wording="soft", disclaimer="vary", disclaimer_within_s=601), "disclaimer_within_s"),
        (ClaimContent(wording="soft", expires_at=datetime(2026, 5, 1)), "expires_at"),  # noqa: DTZ001 - that is the error
    ],
)
def test_what_cannot_be_a_claim_is_refused_by_field(library: Library, content: ClaimContent, field: str) -> None:
    with pytest.raises(InvalidInputError) as refused:
        library.draft(content)
    assert refused.value.fields["field"] == field


def test_another_shops_product_is_not_there(library: Library) -> None:
    async def work() -> None:
        other = await make_shop(library.run.database, slug="other")
        async with library.run.database.transaction() as connection:
            await draft_claim(connection, other, library.serum, GLOW, market="us-en", by=None, at=NOON)

    with pytest.raises(NotFoundError):
        library.run(work())


def test_the_list_shows_the_newest_version_and_the_one_in_force(library: Library) -> None:
    claim_id = library.approved()
    library.revise(claim_id, ClaimContent(wording="Softer"), library.detail(claim_id).versions[0].revision)

    async def cards() -> list[tuple[str, str | None]]:
        async with library.run.database.reading() as connection:
            found = await claims_of_shop(connection, library.shop_id, NOON)
        return [(each.latest.state, each.in_force.content.wording if each.in_force else None) for each in found]

    assert library.run(cards()) == [("draft", "Hydrates for 24 hours")]
