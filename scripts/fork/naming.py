"""Gives the project another name, wherever its own stands."""

from __future__ import annotations

import re

from .tree import ForkError, Tree

# Where the name stands, and in what. Everything else reads it from there.
PLACES = {
    "templates/auth/_brand.html": '{{% set name = "{}" %}}',
    ".env.example": "MAIL_FROM={} <sign-in@example.com>",
    "compose.yaml": "MAIL_FROM:-{} <sign-in@example.com>",
}
BRAND = re.compile(r'{% set name = "([^"]+)" %}')
NAME = re.compile(r"[\w][\w .&'-]{0,39}")


def rename(tree: Tree, name: str) -> None:
    """Writes the name into pages, mails and the package."""
    if not NAME.fullmatch(name):
        raise ForkError("A name has letters, digits, spaces and . & ' - and at most 40 of them.")
    found = BRAND.search(tree.read("templates/auth/_brand.html"))
    assert found
    for path, pattern in PLACES.items():
        old, new = pattern.format(found[1]), pattern.format(name)
        text = tree.read(path)
        if text.count(old) != 1:
            raise ForkError(f"{path} has changed: this was to be there once:\n{old}")
        tree.write(path, text.replace(old, new))
    _rename_package(tree, name)


def _rename_package(tree: Tree, name: str) -> None:
    package = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-") or "my-application"
    text = tree.read("pyproject.toml")
    [old] = re.findall(r'^name = "(.+)"$', text, re.M)
    [said] = re.findall(r"^description = .+$", text, re.M)
    text = text.replace(f'name = "{old}"', f'name = "{package}"', 1)
    tree.write(
        "pyproject.toml", text.replace(said, f'description = "{name}, with passwordless sign-in."')
    )
    for lock in tree.files(".txt"):
        if lock.startswith("requirements"):
            tree.write(
                lock,
                tree.read(lock).replace(f"{old} (pyproject.toml)", f"{package} (pyproject.toml)"),
            )
