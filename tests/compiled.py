"""Templates and URL rules that are compiled once, for all the applications that tests make."""

from __future__ import annotations

from types import CodeType
from typing import Any, ClassVar

from jinja2 import BytecodeCache
from jinja2.bccache import Bucket
from werkzeug.routing import Rule


class CompiledTemplates(BytecodeCache):
    """Keeps them in memory as they are run, so that nothing is unpacked for each application."""

    def __init__(self) -> None:
        self._compiled: dict[tuple[str, str], CodeType | None] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        """Hands out what was compiled before, from a source like this one."""
        bucket.code = self._compiled.get((bucket.key, bucket.checksum))

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keeps what has just been compiled."""
        self._compiled[bucket.key, bucket.checksum] = bucket.code


class CompiledRule(Rule):
    """Takes over what the first rule like it, of another application, was compiled to."""

    compiled: ClassVar[dict[object, dict[str, Any]]] = {}

    def compile(self) -> None:
        """Compiles it unless that has been done; all that Werkzeug compiles from is compared."""
        place = self.map.host_matching, self.host, self.subdomain, self.merge_slashes, self.rule
        like_it = (*place, repr(self.defaults), *self.map.converters.values())
        if like_it in self.compiled:
            vars(self).update(self.compiled[like_it])
            return
        before = dict(vars(self))
        super().compile()
        made = {name: value for name, value in vars(self).items() if before.get(name) is not value}
        self.compiled[like_it] = {**made, "arguments": self.arguments}
