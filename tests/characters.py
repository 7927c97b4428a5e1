"""The characters that anybody may type or send."""

from __future__ import annotations

from hypothesis import strategies as st

# What st.text() is made of, which works them out anew in each fresh clone: that takes seconds.
ANY = st.characters(exclude_categories=["Cs"])
