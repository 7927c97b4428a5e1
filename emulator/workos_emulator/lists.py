"""One page of a list (WorkOS docs: Pagination)."""

from collections.abc import Sequence

from .fields import Fields
from .formats import Json

DEFAULT_LIMIT, LARGEST_LIMIT = 10, 100
ORDERS = ("desc", "asc", "normal")


def page_of(objects: Sequence[Json], query: Fields) -> Json:
    """Returns the page that the query asks for; takes the objects oldest first."""
    limit = query.integer("limit", 1, LARGEST_LIMIT, default=DEFAULT_LIMIT)
    order = query.one_of("order", ORDERS, default="desc")
    before, after = query.optional_text("before"), query.optional_text("after")
    if order == "normal":  # newest first as well, but `before` leads to what is older
        before, after = after, before
    listed = list(objects if order == "asc" else reversed(objects))
    ids = [one["id"] for one in listed]
    if after in ids:
        page = listed[ids.index(after) + 1 :][:limit]
    elif before in ids:
        page = listed[: ids.index(before)][-limit:]
    else:
        page = listed[:limit]
    to_earlier = page[0]["id"] if page and page[0] is not listed[0] else None
    to_later = page[-1]["id"] if page and page[-1] is not listed[-1] else None
    if order == "normal":
        to_earlier, to_later = to_later, to_earlier
    metadata = {"before": to_earlier, "after": to_later}
    return {"object": "list", "data": page, "list_metadata": metadata}
