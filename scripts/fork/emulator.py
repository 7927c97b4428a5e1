"""What names the emulator, and says something else without it."""

from __future__ import annotations

from .tree import Edit

CHECKS = "doctor/workos_checks.py"
CLIENT_ID = 'f"Copy WORKOS_CLIENT_ID again from {DASHBOARD}, API Keys."'
KEY = 'f"Copy it again from {DASHBOARD}, API Keys; it may have been revoked."'
BOTH = 'f"Copy both from the same environment of {DASHBOARD}, API Keys."'

WITHOUT_EMULATOR = (
    # Some of the tests that run a command as documented have gone with it.
    Edit(
        "tests/test_docs.py",
        "    for place in RUN_ELSEWHERE.values():\n        assert (ROOT / place).exists()\n",
    ),
    Edit(CHECKS, f"_or_emulators(patient, {CLIENT_ID})", CLIENT_ID),
    Edit(CHECKS, f"_or_emulators(\n                patient, {KEY}\n            )", KEY),
    Edit(CHECKS, f"_or_emulators(\n                patient, {BOTH}\n            )", BOTH),
    Edit(
        CHECKS,
        "EMULATORS_PORTS\n                if _is_emulator(patient)\n                else f",
        "f",
    ),
    Edit(
        "Makefile",
        "## Run the application and the emulator, ready to sign in\n"
        "\t@$(BIN)/python -m scripts.develop\n",
        "## Run the application, and again when code changes\n"
        "\t@$(BIN)/flask run --debug --no-debugger\n",
    ),
    Edit(
        "Makefile",
        "PORT=5001, EMULATOR_PORT=4101 and SMTP_PORT=2526 change ports (run, doctor, serve);",
        "PORT=5001 changes the port (serve);",
    ),
    Edit(
        "Makefile",
        "# A package of its own, for development alone: both are gone where somebody deleted it.\n",
    ),
    Edit("Makefile", " $(wildcard emulator/Dockerfile)"),
    Edit("Makefile", "requirements.txt $(EMULATOR_LOCK) $(BIN)", "requirements.txt $(BIN)"),
    Edit("Makefile", " $(EMULATOR_LOCK:%=-r %)"),
    Edit(
        "Makefile",
        """\
ifdef EMULATOR
\t@$(BIN)/$(LOCK) --upgrade $(EMULATOR) -c requirements.txt -o requirements-emulator.txt
endif
""",
    ),
    Edit("Makefile", "pyproject.toml $(EMULATOR) --extra", "pyproject.toml --extra"),
    Edit("Makefile", " $(EMULATOR_LOCK:%=-c %) \\\n\t ", ""),
    Edit("Makefile", "of both pyproject.toml, with", "with"),
    Edit("docs/without-make.md", " -r requirements-emulator.txt"),
    Edit(
        "docs/without-make.md",
        "Scripts\\python -m scripts.develop\n",
        "Scripts\\flask run --debug --no-debugger\n",
    ),
    Edit(
        "docs/without-make.md",
        "| `make run` | `python -m scripts.develop` |",
        "| `make run` | `flask run --debug --no-debugger` |",
    ),
    Edit("app/cli.py", '            "  Start it together with this: make run\\n"\n'),
    Edit("app/cli.py", "  Or use the real WorkOS: put", "  To use the real WorkOS, put"),
    Edit("pyproject.toml", " -p workos_emulator.pytest_plugin"),
    Edit("pyproject.toml", 'mypy_path = ["emulator", "emulator/tests"]\n'),
    Edit("tests/conftest.py", "that point to the emulator, with", "with"),
    Edit("tests/conftest.py", "sk_test_emulator", "sk_test_1"),
    Edit("tests/conftest.py", "client_emulator", "client_1"),
    Edit(
        "app/environment.py",
        "PORT, EMULATOR_PORT and SMTP_PORT change",
        "PORT and SMTP_PORT change",
    ),
    Edit(
        ".env.example",
        """\
`make run` copies this file to .env and fills in SECRET_KEY.
# What the environment says wins over this file.

# To use the real WorkOS: put in your own key and ID, and remove the four lines below them.
# From the WorkOS dashboard, API Keys. Here: the emulator's.
WORKOS_API_KEY=sk_test_emulator
# From the same page.
WORKOS_CLIENT_ID=client_emulator
# Where the API is; https://api.workos.com unless this says otherwise. Here: the emulator.
WORKOS_BASE_URL=http://localhost:4100
""",
        """\
Copy this file to .env, and fill in the first three.
# What the environment says wins over this file.

# From the WorkOS dashboard, API Keys.
WORKOS_API_KEY=
# From the same page.
WORKOS_CLIENT_ID=
# Where the API is; https://api.workos.com unless this says otherwise.
# WORKOS_BASE_URL=
""",
    ),
    Edit(".env.example", "\nEMAIL_DELIVERY=smtp\n", "\n# EMAIL_DELIVERY=smtp\n"),
    Edit(
        ".env.example",
        "# Here: the emulator's mailbox.\nSMTP_URL=smtp://localhost:2525\n",
        "# SMTP_URL=smtp://localhost:2525\n",
    ),
    Edit(".env.example", "\nMAIL_FROM=", "\n# MAIL_FROM="),
    Edit(
        "compose.yaml",
        """\
# The application, Redis and the emulator together:
#   SECRET_KEY=$(python3 -c "import secrets; print(secrets.token_urlsafe(48))") docker compose up
# Then open http://localhost:8000, and the mailbox at http://localhost:4100.
# For the real WorkOS, take the emulator out, set the key and client ID to yours, and also
# WORKOS_BASE_URL=https://api.workos.com and EMAIL_DELIVERY=workos.
""",
        "# With SECRET_KEY, WORKOS_API_KEY and WORKOS_CLIENT_ID set: docker compose up\n",
    ),
    Edit("compose.yaml", "${WORKOS_API_KEY:-sk_test_emulator}", "${WORKOS_API_KEY:?}"),
    Edit("compose.yaml", "${WORKOS_CLIENT_ID:-client_emulator}", "${WORKOS_CLIENT_ID:?}"),
    Edit("compose.yaml", "      WORKOS_BASE_URL: ${WORKOS_BASE_URL:-http://localhost:4100}\n"),
    Edit("compose.yaml", "${EMAIL_DELIVERY:-smtp}", "${EMAIL_DELIVERY:-workos}"),
    Edit("compose.yaml", "${SMTP_URL:-smtp://localhost:2525}", "${SMTP_URL:-}"),
    Edit(
        "compose.yaml",
        """\
    # Their ports, because the emulator lives in the network of this container: only so is
    # http://localhost:4100 the same place for the application and for your browser.
    ports: ["127.0.0.1:8000:8000", "127.0.0.1:4100:4100"]
""",
        '    ports: ["127.0.0.1:8000:8000"]\n',
    ),
)
