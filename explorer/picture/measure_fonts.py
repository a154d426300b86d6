"""Write `resources/fonts/widths.json` from the shipped font files: `python -m explorer.picture.measure_fonts`.

For developers; needs fontTools. Run it again when a font file changes; a test compares the table with the files.
"""

from __future__ import annotations

import json
from collections import defaultdict
from pathlib import Path

from explorer.paths import resources

FILES = {
    "sans": "Inter-Regular.otf",
    "sans-bold": "Inter-SemiBold.otf",
    "mono": "JetBrainsMono-Regular.ttf",
    "mono-bold": "JetBrainsMono-Bold.ttf",
}
# Latin, Greek, Cyrillic, punctuation, superscripts, arrows, mathematical operators: what a card may hold.
BLOCKS = ((0x20, 0x250), (0x370, 0x530), (0x1E00, 0x1F00), (0x2000, 0x2150), (0x2190, 0x2300))


def advances(file: Path) -> dict[str, list[int]]:
    """Advance width in thousandths of an em -> code points that have it, as flat pairs of first and last."""
    from fontTools.ttLib import TTFont  # type: ignore[import-untyped]

    font = TTFont(file)
    cmap, metrics, unit = font.getBestCmap(), font["hmtx"], font["head"].unitsPerEm
    by_width: dict[int, list[int]] = defaultdict(list)
    for low, high in BLOCKS:
        for code in range(low, high):
            if code in cmap:
                by_width[round(metrics[cmap[code]][0] * 1000 / unit)].append(code)
    return {str(width): _runs(codes) for width, codes in sorted(by_width.items())}


def _runs(codes: list[int]) -> list[int]:
    runs: list[int] = []
    for code in codes:
        if runs and runs[-1] == code - 1:
            runs[-1] = code
        else:
            runs += [code, code]
    return runs


def main() -> None:
    folder = resources() / "fonts"
    table = {name: advances(folder / file) for name, file in FILES.items()}
    text = json.dumps(table, separators=(",", ":"))
    (folder / "widths.json").write_text(text.replace('},"', '},\n"') + "\n", "utf-8")


if __name__ == "__main__":
    main()
