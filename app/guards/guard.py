"""What a guard is: one question, asked before a view or before all views of a blueprint."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import ParamSpec, overload

from flask.typing import ResponseReturnValue

P = ParamSpec("P")
View = Callable[P, ResponseReturnValue]


@dataclass(frozen=True)
class Guard:
    """Lets requests through, or turns them away: `@guard`, or `bp.before_request(guard)`."""

    # Returns None to let a request through; answers it otherwise, or raises a Failure.
    check: Callable[[], ResponseReturnValue | None]

    @overload
    def __call__(self) -> ResponseReturnValue | None: ...

    @overload
    def __call__(self, view: View[P], /) -> View[P]: ...

    def __call__(self, view: View[P] | None = None) -> View[P] | ResponseReturnValue | None:
        """Returns the view with this guard before it; without one, asks at once."""
        if view is None:
            return self.check()

        @wraps(view)
        def guarded(*args: P.args, **kwargs: P.kwargs) -> ResponseReturnValue:
            refusal = self.check()
            return view(*args, **kwargs) if refusal is None else refusal

        return guarded
