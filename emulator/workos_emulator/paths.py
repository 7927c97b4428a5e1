"""Which paths are WorkOS's, and which are only the emulator's."""


def is_workos_path(path: str) -> bool:
    """Returns whether WorkOS would serve this path too: all but the mailbox and the controls."""
    return path != "/" and not path.startswith("/_emulate/")
