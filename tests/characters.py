"""The characters that anybody may type or send."""

from __future__ import annotations

from hypothesis import strategies as st

# Those of st.text(), which works them out in each fresh clone: that takes two seconds.
ANY = st.characters(exclude_categories=["Cs"])
