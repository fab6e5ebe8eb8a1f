#!/bin/sh
# Fetch the two typefaces of the demo's labels (SIL Open Font License) from npm and unpack them for Skia.
set -eu
folder=build/demo/fonts
mkdir -p "$folder"
for family in fraunces jost; do
    archive=$(cd "$folder" && npm pack -s "@fontsource/$family")
    tar -xzf "$folder/$archive" -C "$folder" --strip-components=2 --wildcards 'package/files/*-latin-*-*.woff2'
done
uv run --no-project --python 3.11 --with 'fonttools[woff]' python - "$folder" <<'PY'
import sys
from pathlib import Path
from fontTools.ttLib import TTFont

for path in Path(sys.argv[1]).glob("*-latin-[0-9]*.woff2"):
    family, _, weight, style = path.stem.split("-")
    font = TTFont(path)
    font.flavor = None
    font.save(path.with_name(f"{family}-{weight}-{style}.ttf"))
PY
