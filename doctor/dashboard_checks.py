"""What only the WorkOS dashboard knows: the doctor can say what has to stand there."""

from __future__ import annotations

from collections.abc import Iterator

from doctor.finding import Check, Finding, Patient, skipped

BY_EMAIL = {"magic_auth", "magic_link"}


def addresses(patient: Patient) -> Iterator[Finding]:
    """Names the addresses to register that no call of WorkOS's API lists."""
    public_url, ways_in = patient.config.public_url, set(patient.config.sign_in_with)
    wanted = {"invitation URL": "invitation"}
    if ways_in - BY_EMAIL:
        wanted["sign-out redirect"] = "sign-out"
    if "authkit" in ways_in:
        wanted["initiate login URL"] = "initiate"
    for name, path in wanted.items():
        yield skipped(f"Look in the dashboard, Redirects: {name} {public_url}/auth/{path}")


CHECKS = (
    Check(
        "dashboard",
        "WorkOS sends people to addresses that stand in its dashboard alone; others strand them.",
        addresses,
    ),
)
