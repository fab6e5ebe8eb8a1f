"""Rule packs as data, one TOML file a market; ``tallylight.compliance.pack`` reads them."""
