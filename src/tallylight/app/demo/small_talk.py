"""What the demo's viewers say, and who they are. Nobody here exists."""

NAMES = (
    "Emma", "Priya", "Lucas", "Sofia", "Noah T.", "mel_in_may", "Ada", "Jonas", "Tess", "Olu", "Hana", "Marco",
    "june.bug", "Rosa", "Kit", "Dev", "Ines", "Bea W.", "Sam & Otis", "Yuki",
)  # fmt: skip

ASIDES = (
    "good morning from Lisbon ☀️", "just joined, hi Joe!", "love this set", "that arch 😍", "hi everyone",
    "coffee in one hand, phone in the other", "Joe's jumper though", "my Sunday ritual now", "hello from Ohio 👋",
    "second time watching, still lovely", "is there a replay later?", "do you ship to Canada?",
    "how long does delivery take?", "the tote is in the shop too, nice", "just ordered, so excited",
    "those glasses suit you Joe", "is the throw heavy?", "what is the return policy?", "the plant is thriving",
    "I came for the mug", "who else is saving for the candle", "calmest shop on the internet", "mine came last week",
    "ordering one for my sister", "can I use two codes?", "greetings from Leeds", "the soap smells amazing btw",
    "does the diffuser come in other scents?", "okay the towels are gorgeous", "that was quick, order confirmed",
)  # fmt: skip

ABOUT: dict[str, tuple[str, ...]] = {
    "rainfall-serum": (
        "is it okay for sensitive skin?", "does it have a scent?", "rosewater one please 🌹", "how long will it last?",
        "can I wear it under sunscreen?", "that price though", "added to cart", "using this every day, so light",
    ),
    "slow-morning-face-cream": (
        "does this treat acne?", "is it greasy?", "is the lid wood?", "day or night?", "I like a small jar",
        "can I refill it?",
    ),
    "cedar-fig-candle": (
        "fig is my favourite", "how many hours does it burn?", "is it strong?", "soy wax, good", "a cabin in a jar",
        "what happens to the cup after?",
    ),
    "everyday-mug": (
        "sage or clay??", "dishwasher safe?", "how big is it?", "I want four", "clay gang", "the bare foot is so nice",
    ),
    "evening-tea": (
        "no caffeine, right?", "loose leaf?", "I drink this before bed", "lemon peel, yes", "how many cups in a tin?",
        "the tin is so pretty",
    ),
}  # fmt: skip

FIRST_NAMES = (
    "Emma",
    "Priya",
    "Lucas",
    "Sofia",
    "Noah",
    "Ada",
    "Jonas",
    "Tess",
    "Olu",
    "Hana",
    "Marco",
    "Rosa",
    "Ines",
)
LAST_NAMES = (
    "Almeida",
    "Novak",
    "Okafor",
    "Lindqvist",
    "Moreau",
    "Tanaka",
    "Whitfield",
    "Ibrahim",
    "Castellan",
    "Byrne",
)
PLACES = (
    ("14 Orchard Row", "Portland", "97205", "US"), ("220 Harbor Street", "Boston", "02110", "US"),
    ("8 Juniper Court", "Austin", "78704", "US"), ("51 Lakeview Avenue", "Chicago", "60614", "US"),
    ("3 Mill Lane", "Burlington", "05401", "US"), ("77 Canyon Road", "Santa Fe", "87501", "US"),
)  # fmt: skip
