"""Packs that ship pass their own checks; one that builds on another gets what the base learns; faults have a place."""

from pathlib import Path

import pytest

from tallylight.compliance.extend_pack import Extension, LexiconExtension, RuleExtension, extend
from tallylight.compliance.facts import LiveFacts
from tallylight.compliance.pack import (
    MARKETS,
    RULE_IDS,
    Lexicon,
    Pack,
    PackData,
    PatternData,
    Rule,
    SentenceTest,
    load_pack,
    load_pack_data,
    pack_text,
    read_pack,
)
from tallylight.compliance.pack_checks import check_pack
from tallylight.compliance.patterns import PatternError
from tests.compliance.corpus import judge_in, ordinary, violating

BASE = PackData(
    market="aa-en",
    version=1,
    common=[],
    lexicon={"disease": Lexicon(nouns=["cold"])},
    rules=[
        Rule(
            "R1", "Cures", "hold", "Law 1", "Say less.", [PatternData("[ cures <disease> ]")],
            tests=[SentenceTest("It cures colds.", "hold")],
        ),
        Rule("R2", "Claims", "block", "Law 2", "Say less.", [PatternData("[ miracle ]", severity="hold")]),
    ],
)  # fmt: skip


def extended(**more: object) -> PackData:
    return extend(BASE, Extension(market="bb-en", version=1, extends="aa-en", name="B", **more))  # type: ignore[arg-type]


@pytest.mark.parametrize("market", MARKETS)
def test_every_pack_that_ships_is_fine(market: str) -> None:
    report = check_pack(pack_text(market))
    assert report.faults == []
    assert report.tests >= 30


@pytest.mark.parametrize("market", ["uk-en", "eu-en"])
def test_the_european_packs_rule_on_everything_with_their_own_law(market: str) -> None:
    base, data = load_pack_data("us-en"), load_pack_data(market)
    assert {rule.id for rule in data.rules} >= set(RULE_IDS)
    american = {rule.citation for rule in base.rules}
    assert not american & {rule.citation for rule in data.rules}
    assert all(rule.tests for rule in data.rules if rule.id == "R6")


@pytest.mark.parametrize("market", ["uk-en", "eu-en"])
def test_what_the_base_stops_and_lets_pass_the_markets_do_too(market: str) -> None:
    """The base's sentence sets, but for prices, which are in dollars, and for what is stricter there."""
    wrong = [each for each in violating() if each.rule not in ("R5", "R6", "R9")]
    missed = [each.text for each in wrong if judge_in(market, each.text, each.facts).verdict not in ("hold", "block")]
    assert len(missed) <= 0.05 * len(wrong), missed
    right = [each for each in ordinary() if each.facts.currency is None]
    stopped = [each.text for each in right if judge_in(market, each.text, each.facts).verdict in ("hold", "block")]
    assert len(stopped) <= 0.04 * len(right), stopped


class TestExtending:
    def test_lists_add_to_the_base_and_the_rest_is_kept(self) -> None:
        data = extended(
            lexicon={"disease": LexiconExtension(nouns=["flu"])},
            rules=[RuleExtension(id="R1", citation="Law B", patterns=[PatternData("[ heals <disease> ]")])],
        )
        assert data.lexicon["disease"].nouns == ["cold", "flu"]
        assert [pattern.match for pattern in data.rules[0].patterns] == ["[ cures <disease> ]", "[ heals <disease> ]"]
        assert (data.rules[0].citation, data.rules[0].title) == ("Law B", "Cures")
        assert data.rules[0].tests[0].inherited
        assert data.rules[1].citation == "Law 2"

    def test_severities_and_comparisons_change_by_kind(self) -> None:
        data = extended(rules=[RuleExtension(id="R2", severities={"hold": "block"})])
        assert data.rules[1].patterns[0].severity == "block"

    def test_what_is_taken_out_has_to_be_there(self) -> None:
        assert extended(rules=[RuleExtension(id="R2", without_patterns=["[ miracle ]"])]).rules[1].patterns == []
        with pytest.raises(PatternError, match=r"rule R2.without_patterns: the base has no '\[ wonder \]'"):
            extended(rules=[RuleExtension(id="R2", without_patterns=["[ wonder ]"])])

    def test_a_rule_is_left_out_with_its_reason(self) -> None:
        assert [rule.id for rule in extended(absent={"R2": "no such law"}).rules] == ["R1"]

    def test_a_new_rule_needs_everything(self) -> None:
        with pytest.raises(PatternError, match="rule S1 is not in the base"):
            extended(rules=[RuleExtension(id="S1", title="Ours")])

    def test_a_rule_written_twice_is_refused(self) -> None:
        with pytest.raises(PatternError, match="rule R1 is written twice"):
            extended(rules=[RuleExtension(id="R1"), RuleExtension(id="R1")])

    def test_a_graver_verdict_satisfies_an_inherited_test_and_a_missed_stop_does_not(self) -> None:
        from tallylight.compliance.pack_checks import verdict_against

        graver = extended(rules=[RuleExtension(id="R1", severity="block")])
        assert verdict_against(graver.rules[0].tests[0], Pack(graver)) is None
        milder = extended(rules=[RuleExtension(id="R1", severity="note")])
        assert verdict_against(milder.rules[0].tests[0], Pack(milder)) == "note"


class TestFaults:
    SMALL = """
        market = "zz-en"
        version = 1
        common = []
        [lexicon.disease]
        nouns = ["eczema"]
        [[rules]]
        id = "R1"
        title = "Cures"
        severity = "block"
        citation = "Law"
        say_instead = "Less."
        patterns = [{ match = "[ cures <disease> ]" }]
        [[rules.tests]]
        text = "It cures eczema."
        verdict = "block"
        [absent]
    """ + "\n".join(f'R{number} = "not yet"' for number in range(2, 22))

    def faults(self, text: str) -> list[tuple[str, str]]:
        return [(fault.place, fault.message) for fault in check_pack(text).faults]

    def test_a_small_pack_is_fine(self) -> None:
        report = check_pack(self.SMALL)
        assert (report.faults, report.rules, report.tests) == ([], 1, 1)

    @pytest.mark.parametrize(
        ("old", "new", "place", "message"),
        [
            ('severity = "block"', 'severity = "stop"', "rules[0].severity", "Invalid enum value 'stop'"),
            ('title = "Cures"', 'titel = "Cures"', "rules[0]", "unknown field `titel`"),
            ("<disease>", "<illness>", "rule R1.patterns[0]", "class <illness>, which no lexicon defines"),
            ("<disease> ]", "<disease>", "rule R1.patterns[0]", "unpaired brackets"),
            ('<disease> ]"', '<disease> ]", compare = "luck"', "rule R1.patterns[0]", "no comparison called 'luck'"),
            ('R2 = "not yet"', "", "rules", "R2 is neither a rule nor declared absent"),
            ('R2 = "not yet"', 'R2 = " "', "absent.R2", "needs a reason"),
            ('R2 = "not yet"', 'R2 = "not yet"\nR1 = "no"', "absent.R1", "the rule is there as well"),
            ('verdict = "block"', 'verdict = "clear"', "rule R1 test 0", '"It cures eczema." is block, wanted clear'),
            ('market = "zz-en"', 'market = ', "file", "not TOML"),
            ('nouns = ["eczema"]', "", "lexicon.disease", "has no words"),
            ('citation = "Law"', 'citation = ""', "rule R1.citation", "is empty"),
        ],
    )  # fmt: skip
    def test_a_fault_is_named_by_its_place(self, old: str, new: str, place: str, message: str) -> None:
        found = self.faults(self.SMALL.replace(old, new, 1))
        assert any(at == place and message in said for at, said in found), found

    def test_a_rule_twice(self) -> None:
        rule = self.SMALL[self.SMALL.index("[[rules]]") : self.SMALL.index("[absent]")]
        assert ("rule R1", "is written 2 times") in self.faults(self.SMALL.replace("[absent]", rule + "[absent]"))

    def test_building_on_a_pack_that_does_not_ship(self) -> None:
        text = 'market = "zz-en"\nversion = 1\nextends = "yy-en"\nname = "Z"'
        assert self.faults(text) == [("extends", "there is no pack 'yy-en' to build on")]
        with pytest.raises(KeyError):
            read_pack(text)


def test_an_improvement_of_the_base_reaches_the_markets() -> None:
    """What only the American pack writes, a British spelling of it stops as well."""
    assert "anemia" in load_pack("uk-en").data.lexicon["disease"].nouns
    assert judge_in("uk-en", "These gummies cure anaemia.", LiveFacts()).verdict == "block"


def test_the_pack_that_the_documentation_shows_is_fine() -> None:
    lines = (Path(__file__).parents[2] / "docs" / "packs.md").read_text(encoding="utf-8").splitlines()
    start = lines.index('    market = "ie-en"')
    end = next(at for at in range(start, len(lines)) if lines[at] and not lines[at].startswith("    "))
    assert check_pack("\n".join(lines[start:end])).faults == []
