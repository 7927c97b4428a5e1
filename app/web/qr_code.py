"""QR codes, drawn into the page itself: nothing else could keep what they say out of caches."""

from __future__ import annotations

from markupsafe import Markup

SCALE = 4  # pixels for each module
QUIET_ZONE = 4  # modules around it, without which cameras do not find it (ISO/IEC 18004)


def qr_code(text: str) -> Markup:
    """Returns an SVG of the text, in black on white also where the page is dark."""
    import segno  # for the one page that needs it

    drawn = segno.make(text, error="m", micro=False)
    svg = drawn.svg_inline(scale=SCALE, border=QUIET_ZONE, dark="#000", light="#fff")
    return Markup(svg)  # noqa: S704 # squares and nothing of the text
