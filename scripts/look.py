"""Writes what browsers read of templates/auth/_brand.html: its tokens as CSS, and the icon."""

from __future__ import annotations

from html import escape
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader

BRAND = "auth/_brand.html"
CSS = Path("static/signin/tokens.css")
ICON = Path("static/signin/icon.svg")
# Stands in the icon as long as it is drawn here: one of your own is left alone.
DRAWN = "<!-- Drawn from templates/auth/_brand.html by make docs. -->"


def brand(root: Path) -> Any:
    """Returns the variables of the file: `name`, `colours`, `sizes`, `fonts`."""
    templates = Environment(loader=FileSystemLoader(root / "templates"), autoescape=True)
    return templates.get_template(BRAND).module


def written(root: Path) -> dict[Path, str]:
    """Returns what each of the files has to be."""
    found = brand(root)
    files = {CSS: tokens(found)}
    if DRAWN in (root / ICON).read_text():
        files[ICON] = icon(found)
    return files


def tokens(brand: Any) -> str:
    """Returns the custom properties; a layout's own of the same names win, by specificity."""
    light = brand.colours["light"] | brand.sizes | brand.fonts
    return f"""\
/* Written from templates/auth/_brand.html by make docs: change it there. */
:where(:root) {{
  color-scheme: light dark;
{_properties(light, "  ")}
}}
@media (prefers-color-scheme: dark) {{
  :where(:root) {{
{_properties(brand.colours["dark"], "    ")}
  }}
}}
"""


def icon(brand: Any) -> str:
    """Returns the mark: the first letter of the name, on the colour of the main button."""
    light, letter = brand.colours["light"], escape(brand.name[0].upper())
    font = 'font-family="system-ui, sans-serif" font-weight="700" font-size="20"'
    return f"""\
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32">
  {DRAWN}
  <rect width="32" height="32" rx="8" fill="{light["accent"]}"/>
  <text x="16" y="23" text-anchor="middle" {font} fill="{light["on_accent"]}">{letter}</text>
</svg>
"""


def contrast(one: str, other: str) -> float:
    """Returns the contrast of two colours, from 1 to 21: WCAG 2.2, contrast ratio."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _properties(values: dict[str, str], indent: str) -> str:
    return "\n".join(
        f"{indent}--{name.replace('_', '-')}: {value};" for name, value in values.items()
    )
