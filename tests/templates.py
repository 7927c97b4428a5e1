"""Templates that are compiled once, for all the applications that tests make."""

from __future__ import annotations

from jinja2 import BytecodeCache
from jinja2.bccache import Bucket


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
