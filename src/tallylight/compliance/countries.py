"""Countries that things are made in, as English says them: what a pack listens for and what a record is read by."""

from collections.abc import Iterator, Mapping, Sequence

import msgspec

_WORDS_MAX = 3


class _Country(msgspec.Struct, frozen=True):
    """Ways to say one, separated by commas. ``people``: what stands before a thing of it; ``within``: its places.

    ``names``: default, its own.
    """

    people: str = ""
    within: str = ""
    names: str = ""


_COUNTRIES = {
    "usa": _Country(
        "american, all american, usa, us, texas",
        "texas, ohio, california, oregon, vermont, maine, north carolina, south carolina, pittsburgh, "
        "detroit, brooklyn, michigan, wisconsin, minnesota, kentucky, tennessee, georgia, alabama, utah, colorado, "
        "pennsylvania, chicago, new york, los angeles, hawaii",
        "america, the usa, the us, usa, the states, the united states, united states",
    ),
    "uk": _Country("british", "", "britain, great britain, the uk, the united kingdom"),
    "england": _Country("english"), "scotland": _Country("scottish"), "ireland": _Country("irish"),
    "italy": _Country("italian", "milan, tuscany, florence"), "france": _Country("french", "paris, grasse"),
    "germany": _Country("german"), "switzerland": _Country("swiss"), "austria": _Country("austrian"),
    "spain": _Country("spanish"), "portugal": _Country("portuguese"), "belgium": _Country("belgian"),
    "netherlands": _Country("dutch", "", "netherlands, the netherlands, holland"), "greece": _Country("greek"),
    "denmark": _Country("danish"), "sweden": _Country("swedish"), "norway": _Country("norwegian"),
    "finland": _Country("finnish"), "poland": _Country("polish"), "romania": _Country("romanian"),
    "czechia": _Country("czech", "", "czechia, the czech republic"),
    "canada": _Country("canadian"), "mexico": _Country("mexican"), "brazil": _Country("brazilian"),
    "peru": _Country("peruvian"), "dominican republic": _Country("dominican", "", "the dominican republic"),
    "china": _Country("chinese"), "hong kong": _Country(), "taiwan": _Country("taiwanese"),
    "japan": _Country("japanese"), "korea": _Country("korean", "", "korea, south korea"),
    "vietnam": _Country("vietnamese"), "thailand": _Country("thai"), "indonesia": _Country("", "bali"),
    "philippines": _Country("", "", "philippines, the philippines"), "india": _Country("indian"),
    "pakistan": _Country("pakistani"), "bangladesh": _Country(), "nepal": _Country(), "turkey": _Country("turkish"),
    "iran": _Country("", "", "iran, persia"), "egypt": _Country("egyptian"), "morocco": _Country("moroccan"),
    "australia": _Country("australian"), "new zealand": _Country(),
    **dict.fromkeys(
        ("albania", "algeria", "argentina", "armenia", "azerbaijan", "belarus", "bhutan", "bolivia", "bosnia",
         "bulgaria", "cambodia", "colombia", "costa rica", "croatia", "cuba", "cyprus", "ecuador", "el salvador",
         "estonia", "ethiopia", "ghana", "guatemala", "haiti", "honduras", "hungary", "iceland", "iraq", "israel",
         "jamaica", "kazakhstan", "kenya", "laos", "latvia", "lebanon", "lithuania", "luxembourg", "madagascar",
         "malaysia", "malta", "mauritius", "moldova", "mongolia", "myanmar", "nicaragua", "nigeria", "paraguay",
         "russia", "rwanda", "senegal", "serbia", "singapore", "slovakia", "slovenia", "south africa", "sri lanka",
         "syria", "tanzania", "tunisia", "uganda", "ukraine", "uruguay", "uzbekistan", "venezuela"),
        _Country(),
    ),
}  # fmt: skip


def _split(ways: str) -> list[str]:
    return [way for each in ways.split(",") if (way := each.strip())]


def _places() -> Iterator[tuple[str, str]]:
    for name, country in _COUNTRIES.items():
        yield from ((way, name) for way in (*_split(country.names or name), *_split(country.within)))


PLACES = frozenset(way for way, _ in _places())
"""What follows "made in"."""
NATIONS = frozenset(way for country in _COUNTRIES.values() for way in _split(country.people))
"""What stands before "made"."""
_COUNTRY: Mapping[str, str] = {
    **{way: name for name, country in _COUNTRIES.items() for way in _split(country.people)},
    **{way.removeprefix("the "): name for way, name in _places()},
}


def countries_in(words: Sequence[str]) -> set[str]:
    """The countries that ``words``, in lower case, name by themselves, their people or their places."""
    said = [word.replace(".", "") for word in words]  # "U.S.A.", and the end of a sentence
    found: set[str] = set()
    at = 0
    while at < len(said):
        lengths = range(min(_WORDS_MAX, len(said) - at), 0, -1)
        length = next((each for each in lengths if " ".join(said[at : at + each]) in _COUNTRY), 0)
        if length:
            found.add(_COUNTRY[" ".join(said[at : at + length])])
        at += length or 1
    return found
