"""Comparing what is said about the product itself with its record: material, origin, measures, features, certificates.

``attributes`` is the shop's own record, so its keys and wordings are free: a key is found by its words, a measure
by its dimension. What the record doesn't hold is unknown.
"""

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Literal

from tallylight.compliance.countries import countries_in
from tallylight.compliance.numbers import find_numbers
from tallylight.compliance.word_sets import word_set

State = Literal["fine", "contradicted", "unknown"]
Attributes = Mapping[str, str | int | bool | list[str]]
Shown = Mapping[str, str | int | bool]
Captured = Mapping[str, Sequence[str]]

_MATERIAL_KEYS = word_set(
    "material materials fabric metal stone stones gem gems fill filling shell upper lining construction composition "
    "plating glass leather content base frame fiber fibers wood band ingredients main"
)
_THINS_BEFORE = word_set(
    "faux fake vegan imitation pu pvc bonded simulated synthetic lab engineered plastic glass resin artificial acrylic "
    "plated coated dipped"
)
_THINS_AFTER = word_set(
    "plated coated dipped filled vermeil tone toned veneer style look finish overlay laminate effect print color "
    "colored satin"
)
_MIXED = word_set("blend blended mix mixed polyester acrylic rayon viscose nylon")
_WHOLE = word_set("real genuine solid pure 100 hundred authentic all entirely full natural")
_SAME_MATERIAL = {
    "cowhide": "leather", "hide": "leather", "suede": "leather", "925": "sterling", "pearls": "pearl",
    "diamonds": "diamond",
    "crystals": "crystal", "emeralds": "emerald", "rubies": "ruby", "sapphires": "sapphire", "opals": "opal",
    "merino": "wool",
    "lambswool": "wool", "aluminium": "aluminum", "wooden": "wood", "feathers": "feather", "gemstones": "gemstone",
    "faux": "imitation", "vegan": "imitation", "pu": "imitation", "fake": "imitation", "leatherette": "imitation",
    "14k": "14", "18k": "18", "10k": "10", "24k": "24", "carat": "karat",
}  # fmt: skip
_GENERIC = word_set(
    "real genuine solid pure percent hundred 100 authentic all full grain top natural is made of from a the and it"
)

_UNITS: dict[str, tuple[str, Decimal]] = {}
for _dimension, _sizes in {
    "length": "in 25.4 inch 25.4 inches 25.4 ft 304.8 foot 304.8 feet 304.8 cm 10 centimeters 10 mm 1 "
    "millimeters 1 m 1000 "
    "meter 1000 meters 1000 yard 914.4 yards 914.4",
    "mass": "g 1 gram 1 grams 1 kg 1000 kilos 1000 kilograms 1000 lb 453.6 lbs 453.6 pound 453.6 pounds 453.6 oz 28.35 "
    "ounce 28.35 ounces 28.35 mg 0.001 milligram 0.001 milligrams 0.001 mcg 0.000001 micrograms 0.000001",
    "volume": "ml 1 milliliters 1 milliliter 1 l 1000 liter 1000 liters 1000 "
    "quart 946 quarts 946 gallon 3785 gallons 3785",
    "time": "s 1 seconds 1 min 60 minute 60 minutes 60 h 3600 hr 3600 hrs 3600 hour 3600 hours 3600 "
    "day 86400 days 86400",
    "charge": "mah 1 milliamp 1 milliamps 1 milliamphours 1",
    "power": "w 1 watt 1 watts 1",
    "light": "lumen 1 lumens 1 lm 1",
    "storage": "gb 1 gigabytes 1 gigs 1 gig 1 tb 1000 terabyte 1000 terabytes 1000",
    "karat": "k 1 kt 1 karat 1 karats 1 ct 1 carat 1 carats 1",
    "spf": "spf 1",
    "threads": "thread 1 threads 1 tc 1",
    "pieces": "piece 1 pieces 1 pcs 1 pc 1 pack 1 count 1 sheets 1 capsules 1 gummies 1 servings 1",
    "stars": "star 1 stars 1 rating 1",
    "pixels": "megapixel 1 megapixels 1 mp 1",
    "volts": "v 1 volt 1 volts 1",
    "people": "person 1 people 1 seats 1",
}.items():  # fmt: skip
    _parts = _sizes.split()
    _UNITS.update({unit: (_dimension, Decimal(size)) for unit, size in zip(_parts[::2], _parts[1::2], strict=True)})
_EITHER = frozenset(("oz", "ounce", "ounces"))
_MEASURE = re.compile(r"(\d[\d,]*(?:\.\d+)?)\s*(?:fl\.?\s*)?([a-z]+)?", re.IGNORECASE)
_SIDES = (
    word_set("long length"), word_set("wide width"), word_set("tall height high"), word_set("deep depth"),
    word_set("thick thickness"), word_set("diameter across"),
)  # fmt: skip
_PICTURE_KEYS = word_set("resolution camera video display screen picture quality lens sensor")
_NO = word_set("no none not false without")

_PARTLY = word_set("imported import assembled foreign global globally parts components and designed")


_ELSEWHERE = word_set("imported import foreign global globally assembled")
_LOOKS = word_set("color colour shade print pattern scent flavor flavour name title style look")
"""Keys whose words tell what something looks or tastes like, not what it is."""
_SAYS_NOTHING = word_set(
    "a an the is are it its this that these those of in on with and or for to by from made comes come real genuine "
    "certified certification seal all every single right here there our your we so very says say said which what"
)


def _told(words: Sequence[str], attributes: Attributes) -> tuple[State, Shown]:
    """Fine when one entry of the record says every word that says something; else unknown."""
    wanted = {word.removesuffix("s") for word in words if word not in _SAYS_NOTHING}
    for key, value in attributes.items():
        if not wanted or isinstance(value, bool) or set(_words(key.replace("_", " "))) & _LOOKS:
            continue
        text = _plain(value)
        record = {word.removesuffix("s") for word in (*_words(key.replace("_", " ")), *_words(text))}
        if wanted <= record and not record & {*_NO, *_THINS_BEFORE, "not"} - wanted:
            return "fine", {key: text}
    return "unknown", {}


def _plain(value: str | int | bool | list[str]) -> str:
    return " ".join(value) if isinstance(value, list) else str(value)


def _words(text: str) -> list[str]:
    return re.findall(r"[a-z0-9.]+", text.lower().replace("%", " percent ").replace("-", " "))


def _canonical(words: Sequence[str]) -> set[str]:
    return {_SAME_MATERIAL.get(word, word) for word in words}


def compare_material(
    words: Sequence[str], around: Sequence[str], captured: Captured, attributes: Attributes
) -> tuple[State, Shown]:
    """ "Solid oak", "genuine leather", "sterling": every word is in the record, and the record thins none of it."""
    kept = {
        key: _plain(value) for key, value in attributes.items() if set(_words(key.replace("_", " "))) & _MATERIAL_KEYS
    }
    if not kept:
        return _told(words, attributes)
    claimed = {*captured.get("material", ()), *captured.get("stuff", ())}
    numbers = {str(value) for span in find_numbers(list(words)) for value in span.readings if value < 101}
    record = [word for value in kept.values() for word in _words(value)]
    written = _canonical(record)
    wanted = _canonical([word for word in claimed if word not in _GENERIC])
    karats = {value for value in numbers if value in ("9", "10", "14", "18", "22", "24")} if "karat" in words else set()
    wanted = {word for word in wanted if not find_numbers([word])} - {"karat"}
    has = all(word in written or word + "s" in written or word.removesuffix("s") in written for word in wanted)
    if has and karats:
        has = bool(karats & written)
    named = set(around) | set(words)
    thinned = bool(wanted) and not any(
        _plainly(part, wanted, named) for value in kept.values() for part in _parts_of(value)
    )
    shares = [int(figure) for figure in re.findall(r"(\d+)\s*percent", " ".join(record))]
    mixed = (bool(shares) and max(shares) < 100) or bool(set(record) & _MIXED - named)
    whole = bool(set(words) & _WHOLE) or bool(set(around) & {"real", "genuine", "solid", "pure"})
    fits = has and not thinned and not (mixed and whole and not _says_share(words, shares))
    return ("fine" if fits else "contradicted"), kept


def _parts_of(value: str) -> list[list[str]]:
    return [words for part in re.split(r"[,;/]| with | over ", value.lower()) if (words := _words(part))]


def _plainly(part: Sequence[str], wanted: set[str], named: set[str]) -> bool:
    """Whether a part of the record names what is wanted with nothing that thins it beyond what is said itself."""
    for at, word in enumerate(part):
        if not {word, word.removesuffix("s"), _SAME_MATERIAL.get(word, word)} & wanted:
            continue
        before = set(part[max(0, at - 2) : at]) & _THINS_BEFORE - named
        after = set(part[at + 1 : at + 2]) & _THINS_AFTER - named
        plated_before = {"plated", "coated", "dipped"} & before
        if not after and not (before - plated_before):
            return True
    return False


def _says_share(words: Sequence[str], shares: Sequence[int]) -> bool:
    said = {int(value) for span in find_numbers(list(words)) for value in span.readings if value == int(value)}
    return bool(said & set(shares))


def compare_made_in(
    words: Sequence[str], around: Sequence[str], captured: Captured, attributes: Attributes
) -> tuple[State, Shown]:
    """ "Made in Italy", "American made": the country on record; one made partly elsewhere is not made there."""
    values = [
        _plain(value)
        for key, value in attributes.items()
        if set(_words(key.replace("_", " "))) & {"made", "origin", "country", "manufactured", "crafted"}
    ]
    states = [_made_in(words, around, value) for value in values]
    if "fine" in states:
        return "fine", {"made_in": values[states.index("fine")]}
    if "contradicted" not in states:
        return _told(words, attributes)
    return "contradicted", {"made_in": values[states.index("contradicted")]}


def _made_in(words: Sequence[str], around: Sequence[str], value: str) -> State:
    record = _words(value)
    countries, claimed = countries_in(record), countries_in(words)
    if not claimed:
        return "unknown"
    if {"uk"} & countries:
        countries |= {"england", "scotland"} if not set(record) & {"england", "scotland"} else set()
    if {"england", "scotland"} & countries:
        countries.add("uk")
    partly = set(record) & _PARTLY and not set(around) & (_PARTLY - {"and"})
    if "all" in record and not set(record) & _ELSEWHERE:  # "USA, all parts and labor"
        partly = False
    fits = bool(claimed & countries) and not (partly or len(countries - {"uk", "england", "scotland"}) > 1)
    return "fine" if fits else "contradicted"


def compare_measure(
    words: Sequence[str], around: Sequence[str], captured: Captured, attributes: Attributes
) -> tuple[State, Shown]:
    """A number with its unit: any record of the same dimension within two in a hundred."""
    numbers = find_numbers(list(words))
    unit = next((word for word in words if word in _UNITS), None)
    if unit is None or not numbers:
        return "unknown", {}
    dimension, size = _UNITS[unit]
    dimensions = {"mass", "volume"} if unit in _EITHER else {dimension}
    kept: dict[str, str] = {}
    fits = False
    for key, value in attributes.items():
        if isinstance(value, bool):
            continue
        if _other_side(key, around):
            continue
        for figure, found in _measures(key, _plain(value)):
            other, scale = _UNITS[found]
            both_oz = found in _EITHER and unit in _EITHER
            if (other if found not in _EITHER else dimension) not in dimensions and not both_oz:
                continue
            kept[key] = _plain(value)
            fits = fits or any(_close(reading * size, figure * scale) for reading in numbers[0].readings)
    if not kept:
        return "unknown", {}
    return ("fine" if fits else "contradicted"), kept


def _measures(key: str, value: str) -> list[tuple[Decimal, str]]:
    """Every measure that a record holds; a bare figure takes its unit from its key ("spf": 30)."""
    found = []
    named = next((word for word in _words(key.replace("_", " ")) if word in _UNITS and len(word) > 2), None)
    for figure, unit in _MEASURE.findall(value):
        name = unit.lower() if unit.lower() in _UNITS else named
        if name is not None:
            found.append((Decimal(figure.replace(",", "")), name))
    return found


def _close(said: Decimal, written: Decimal) -> bool:
    return abs(said - written) * 50 <= written


def _other_side(key: str, around: Sequence[str]) -> bool:
    """The host speaks of one side ("tall"), the key of another ("width")."""
    named = set(_words(key.replace("_", " ")))
    spoken = [side for side in _SIDES if side & set(around)]
    of_key = [side for side in _SIDES if side & named]
    return bool(spoken and of_key) and not any(side in of_key for side in spoken)


def compare_feature(
    words: Sequence[str], around: Sequence[str], captured: Captured, attributes: Attributes
) -> tuple[State, Shown]:
    """ "Waterproof", "dishwasher safe": what the record says under a key that shares its word."""
    claimed = [word for word in captured.get("feature", words) if word not in _GENERIC]
    stems = {word[:4] for word in claimed if len(word) > 2} - {"safe", "proo", "resi", "free", "full"}
    for key, value in attributes.items():
        keys = set(_words(key.replace("_", " ")))
        if not any(word[:4] in stems for word in keys):
            text = _plain(value).lower()
            if isinstance(value, bool) or not any(stem in text for stem in stems):
                continue
        if isinstance(value, bool):
            return ("fine" if value else "contradicted"), {key: value}
        text = _plain(value)
        record = _words(text)
        joined = "".join(claimed)
        if joined and text.lower().lstrip().startswith(" ".join(claimed)):
            return "fine", {key: text}  # "water resistant only, not waterproof", "nut free, no nuts"
        if set(record) & _NO or text.strip().lower() in ("0", "no"):
            return "contradicted", {key: text}
        strong = any(word.startswith("ip") and word[-1:] in "78" for word in record)
        of_key = "".join(_words(key.replace("_", " "))) in joined and any(character.isdigit() for character in text)
        whole = of_key or joined in "".join(record) or all(word in record for word in claimed)
        fits = whole or strong or text.strip().lower() in ("yes", "true")
        return ("fine" if fits else "contradicted"), {key: text}
    return "unknown", {}


def compare_certificate(
    words: Sequence[str], around: Sequence[str], captured: Captured, attributes: Attributes
) -> tuple[State, Shown]:
    """A body or a seal: its words are among the certifications, approvals or awards on record."""
    keys = [
        key
        for key in attributes
        if set(_words(key.replace("_", " ")))
        & {
            "certifications",
            "certification",
            "certificates",
            "certified",
            "approvals",
            "approval",
            "awards",
            "award",
            "seals",
            "listed",
        }
    ]
    if not keys:
        return "unknown", {}
    record = {word for key in keys for word in _words(_plain(attributes[key]))}
    claimed = {
        word
        for word in _spoken_names(captured) or [word for word in words if word not in _SAYS_NOTHING]
        if word not in _CERTIFIES
    }
    shown = {key: _plain(attributes[key]) for key in keys}
    spelled = "".join(word for word in words if len(word) == 1)
    fits = bool(claimed) and (
        claimed <= record or (bool(spelled) and spelled in record) or _initials(claimed, captured) in record
    )
    if fits and not record & _NO:
        return "fine", shown
    told = _told(words, attributes)
    return told if told[0] == "fine" else ("contradicted", shown)


def _spoken_names(captured: Captured) -> list[str]:
    return [word for name in ("certificate", "authority", "seal") for word in captured.get(name, ())]


_CERTIFIES = word_set(
    "the certified certification approved approval seal of by a an is as listed registered for american tested and "
    "standard standards us"
)


def _initials(claimed: set[str], captured: Captured) -> str:
    return "".join(word[0] for word in _spoken_names(captured) if word not in ("the", "of", "and")) if claimed else ""


def compare_resolution(
    words: Sequence[str], around: Sequence[str], captured: Captured, attributes: Attributes
) -> tuple[State, Shown]:
    """ "Four K", "1080p": lines of the picture; one K is 540 of them."""
    numbers = find_numbers(list(words))
    if not numbers:
        return "unknown", {}
    said = {value * 540 if "k" in words else value for value in numbers[0].readings}
    kept: dict[str, str] = {}
    fits = False
    for key, value in attributes.items():
        text = _plain(value).lower()
        lines = [Decimal(figure) for figure in re.findall(r"(\d+)\s*p\b", text)]
        lines += [Decimal(figure) * 540 for figure in re.findall(r"(\d+)\s*k\b", text)]
        lines += [Decimal(figure) for figure in re.findall(r"\d+\s*x\s*(\d+)", text)]
        if lines and set(_words(key.replace("_", " "))) & _PICTURE_KEYS:
            kept[key] = _plain(value)
            fits = fits or any(each in said for each in lines)
    if not kept:
        return "unknown", {}
    return ("fine" if fits else "contradicted"), kept


def compare_share(
    words: Sequence[str], around: Sequence[str], captured: Captured, attributes: Attributes
) -> tuple[State, Shown]:
    """ "A hundred percent recycled": the share that the record gives for the same word."""
    said = [value for number in find_numbers(list(words)) for value in number.readings]
    stems = {word[:6] for word in words if len(word) > 4 and word not in ("percent", "hundred")}
    kept: dict[str, str] = {}
    shares: list[Decimal] = []
    for key, value in attributes.items():
        text = _plain(value).lower()
        if not any(stem in f"{key.lower()} {text}" for stem in stems):
            continue
        kept[key] = _plain(value)
        shares += [Decimal(figure) for figure in re.findall(r"(\d+(?:\.\d+)?)\s*(?:%|percent)?", text)]
    if not kept or not shares:
        return "unknown", dict(kept)
    whole = said or [Decimal(100)]
    return ("fine" if any(each <= share for each in whole for share in shares) else "contradicted"), kept


def compare_without(
    words: Sequence[str], around: Sequence[str], captured: Captured, attributes: Attributes
) -> tuple[State, Shown]:
    """ "No polyester", "not plated": the record must not name what is denied."""
    denied = {word.rstrip("s") for word in captured.get("thinner", ())}
    for key, value in attributes.items():
        record = _words(_plain(value))
        if set(_words(key.replace("_", " "))) & _MATERIAL_KEYS:
            found = any(word.rstrip("s") in denied for word in record) and not set(record) & _NO
            return ("contradicted" if found else "fine"), {key: _plain(value)}
    return "unknown", {}


def compare_water(
    words: Sequence[str], around: Sequence[str], captured: Captured, attributes: Attributes
) -> tuple[State, Shown]:
    """ "You can swim in it": as "waterproof"."""
    return compare_feature(words, around, {"feature": ("waterproof",)}, attributes)
