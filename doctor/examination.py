"""All checks, one after the other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import httpx2

from app.config import Config
from app.environment import ConfigError
from app.parsing import is_on
from doctor import (
    action_checks,
    app_checks,
    dashboard_checks,
    server_checks,
    settings_checks,
    site_checks,
    sso_checks,
    store_checks,
    token_checks,
    workos_checks,
)
from doctor.finding import Check, Finding, Patient, failure, skipped
from doctor.settings_checks import WHY_SETTINGS

CHECKS = (
    *server_checks.CHECKS,
    *settings_checks.CHECKS,
    *action_checks.CHECKS,
    *app_checks.CHECKS,
    *store_checks.CHECKS,
    *workos_checks.CHECKS,
    *sso_checks.CHECKS,
    *token_checks.CHECKS,
    *dashboard_checks.CHECKS,
    *site_checks.CHECKS,
)


def examine(
    environ: Mapping[str, str],
    *,
    url: str | None,
    http: httpx2.Client,
    checks: Sequence[Check] = CHECKS,
) -> Iterator[tuple[Check, Finding]]:
    """Yields what each check finds; without valid settings the others have nothing to look at."""
    try:
        config = Config.from_env(environ)
    except ConfigError as error:
        yield from refused(error)
        return
    patient = Patient(config, http, url, is_on(environ.get("FLASK_DEBUG", "")))
    for check in checks:
        try:
            for finding in check.run(patient):
                yield check, finding
        except Exception as error:  # noqa: BLE001 # one broken check must not hide what the others find
            # Its message may quote a secret.
            what = f"The check itself failed ({type(error).__name__})."
            yield check, failure(what, "Please report it. The other checks are not affected.")


def refused(error: ConfigError) -> Iterator[tuple[Check, Finding]]:
    """Yields each problem with the settings."""
    settings = Check("settings", WHY_SETTINGS, lambda _: iter(()))
    for problem in error.problems:
        what, _, fix = problem.partition("\n")
        yield settings, failure(what, fix.strip())
    for check in CHECKS:
        if check.name != settings.name:
            yield check, skipped("Fix the settings first.")
