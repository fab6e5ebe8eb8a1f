"""The guards against words that nobody said, and what they must let through."""

from tallylight.speech.window_words import WindowWord, believable, without_loops


def words(*probabilities: int, text: str = "shipping") -> list[WindowWord]:
    return [WindowWord(text, 8000 * at, 8000 * at + 6000, permille) for at, permille in enumerate(probabilities)]


def test_one_improbable_word_between_others_is_somebody_speaking() -> None:
    heard = words(900, 10, 800)
    assert believable(heard) == heard


def test_a_run_of_improbable_words_is_made_up() -> None:
    heard = words(900, 10, 20, 800)
    assert believable(heard) == [heard[0], heard[3]]


def test_an_improbable_word_alone_is_made_up() -> None:
    assert believable(words(10)) == []


def test_a_stock_phrase_alone_has_to_be_well_believed() -> None:
    assert believable(words(400, text="bye")) == []
    assert len(believable(words(600, text="bye"))) == 1


def spoken(text: str, permille: int = 900) -> list[WindowWord]:
    return [WindowWord(word, 8000 * at, 8000 * at + 6000, permille) for at, word in enumerate(text.split())]


def at_once(text: str, permille: int = 900, at: int = 90_000) -> list[WindowWord]:
    return [WindowWord(word, at, at, permille) for word in text.split()]


def test_a_loop_that_comes_back_a_little_different_is_dropped() -> None:
    said = spoken("buy two get one free")
    assert without_loops([*said, *at_once("buy to get one free")]) == said


def test_who_says_it_twice_takes_the_time() -> None:
    twice = spoken("buy two get one free buy two get one free")
    assert without_loops(twice) == twice


def test_words_crowded_on_one_instant_have_to_be_believed() -> None:
    said = spoken("hello there")
    assert without_loops([*said, *at_once("I know what to do", 200)]) == said
    crowded = [*said, *at_once("it cures everything", 800)]
    assert without_loops(crowded) == crowded
