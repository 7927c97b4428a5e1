"""Templates and URL rules that are compiled once, for all the applications that tests make."""

from __future__ import annotations

from typing import Any, ClassVar

from jinja2 import BytecodeCache
from jinja2.bccache import Bucket
from werkzeug.routing import Rule


class CompiledTemplates(BytecodeCache):
    """Keeps them in memory; Jinja tells by the source whether one is still good."""

    def __init__(self) -> None:
        self._compiled: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        """Hands out what was compiled before."""
        if compiled := self._compiled.get(bucket.key):
            bucket.bytecode_from_string(compiled)

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keeps what has just been compiled."""
        self._compiled[bucket.key] = bucket.bytecode_to_string()


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
