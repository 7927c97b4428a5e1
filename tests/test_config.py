"""The settings: what is refused, and how clearly."""

from __future__ import annotations

import random
from pathlib import Path
from string import ascii_letters, digits
from typing import Any

import pytest

from app.config import SETTINGS, Config
from app.environment import ConfigError
from tests.conftest import SECRET_KEY

GOOD = {
    "WORKOS_API_KEY": "sk_test_123",
    "WORKOS_CLIENT_ID": "client_123",
    "SECRET_KEY": SECRET_KEY,
}
LIVE = {"WORKOS_API_KEY": "sk_live_123", "PUBLIC_URL": "https://app.example.com"}


def problems(**changes: str) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        Config.from_env({**GOOD, **changes})
    return caught.value.problems


def test_three_settings_are_enough() -> None:
    config = Config.from_env(GOOD)

    assert config.workos_base_url == "https://api.workos.com"
    assert config.redirect_uris == ("http://localhost:5000/auth/callback",)


@pytest.mark.parametrize(
    ("public_url", "variables"),
    [
        ("https://${RENDER_EXTERNAL_HOSTNAME}", {"RENDER_EXTERNAL_HOSTNAME": "app-1.example.com"}),
        ("${RENDER_EXTERNAL_URL}", {"RENDER_EXTERNAL_URL": "https://app-1.example.com"}),
        ("https://${NAME}-${NUMBER}.example.com", {"NAME": "app", "NUMBER": "1"}),
    ],
)
def test_the_public_url_can_come_from_what_a_platform_says(
    public_url: str, variables: dict[str, str]
) -> None:
    config = Config.from_env({**GOOD, **variables, "PUBLIC_URL": public_url})

    assert config.public_url == "https://app-1.example.com"


def test_what_a_platform_does_not_say_is_missed_by_name() -> None:
    [problem] = problems(PUBLIC_URL="https://${RENDER_EXTERNAL_HOSTNAME}")

    assert "PUBLIC_URL names RENDER_EXTERNAL_HOSTNAME, which is not set" in problem


def test_every_problem_is_named_at_once_with_where_to_get_the_value() -> None:
    with pytest.raises(ConfigError) as caught:
        Config.from_env({"WORKOS_CLIENT_ID": "123", "LOG_LEVEL": "LOUD", "PUBLIC_URL": "example"})

    text = str(caught.value)
    for part in ("5 settings", "WORKOS_API_KEY is missing", "WORKOS_CLIENT_ID does not look"):
        assert part in text
    for part in ("WorkOS dashboard", "SECRET_KEY is missing", "LOG_LEVEL must be", "PUBLIC_URL"):
        assert part in text


SMTP = {
    "EMAIL_DELIVERY": "smtp",
    "MAIL_FROM": "Us <us@example.com>",
    "SMTP_URL": "smtp://localhost",
}


breaking = pytest.mark.parametrize(
    "password",
    ["hunter2#x", "hunter2/x", "hunter2?x", "123#hunter2", "hunter2\N{ACCOUNT OF}", "hunter2["],
)


@breaking
@pytest.mark.parametrize("name", ["SMTP_URL", "REDIS_URL", "WORKOS_BASE_URL", "PUBLIC_URL"])
def test_a_password_that_breaks_a_url_is_not_quoted(name: str, password: str) -> None:
    """LOG-02, SEC-03: not even the part of it that a parser takes for a port."""
    scheme = {"SMTP_URL": "smtps", "REDIS_URL": "redis"}.get(name, "https")
    [problem] = problems(**{**SMTP, name: f"{scheme}://user:{password}@mail.example.com:465"})

    assert name in problem
    assert "hunter2" not in problem


@breaking
def test_nor_is_that_of_a_redis_behind_sentinels(password: str) -> None:
    """LOG-02, SEC-03."""
    [problem] = problems(REDIS_URL=f"redis+sentinel://user:{password}@host-1:26379,host-2/name")

    assert "REDIS_URL" in problem
    assert "hunter2" not in problem


@pytest.mark.parametrize("name", ["MAIL_FROM", "SMTP_URL"])
def test_a_malformed_setting_is_not_called_missing_too(name: str) -> None:
    assert len(problems(**{**SMTP, name: "nonsense"})) == 1


def test_what_mailing_oneself_needs_is_missed() -> None:
    missed = "".join(problems(EMAIL_DELIVERY="smtp"))

    assert "SMTP_URL is missing" in missed
    assert "MAIL_FROM is missing" in missed


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SMTP_URL", "smtp://[x"),
        ("SMTP_URL", "smtp://localhost:99999"),
        ("SMTP_URL", "smtp://localhost/path"),
        ("SMTP_URL", "http://localhost"),
        ("SMTP_URL", "smtp://us\N{LATIN SMALL LETTER E WITH ACUTE}r:x@localhost"),
        ("MAIL_FROM", "nobody"),
        ("MAIL_FROM", "Us <us@example.com>\x07"),
        ("EMAIL_DELIVERY", "pigeon"),
        ("REDIS_URL", "redis://localhost:abc/0"),
        ("REDIS_URL", "redis+sentinel://:password@host-1:26379,host-2:abc/name"),
        ("PUBLIC_URL", "http://[::1"),
        ("WORKOS_BASE_URL", "http://localhost:99999"),
        ("WORKOS_API_KEY", "abc"),
        ("WORKOS_API_KEY", "sk_test_ 1"),
        ("WORKOS_CLIENT_ID", "sk_test_1"),
        ("WORKOS_BASE_URL", "api.workos.com"),
        ("WORKOS_BASE_URL", "http://api.workos.com"),
        ("AUTHKIT_DOMAIN", "http://signin.example.com"),
        ("AUTHKIT_DOMAIN", "example.authkit.app"),
        ("WORKOS_CUSTOM_DOMAINS", "https://auth.example.com/user_management"),
        ("WORKOS_BASE_URL", "https://user:pass@api.workos.com"),
        ("PUBLIC_URL", "https://app.example.com/app"),
        ("PUBLIC_URL", "https://app.example.com:99999"),
        ("PUBLIC_URL", "ftp://app.example.com"),
        ("PUBLIC_URL", "https://${NOT_SET_HERE}"),
        ("PREVIEW_HOSTS", "*"),
        ("PREVIEW_HOSTS", "*.com"),
        ("PREVIEW_HOSTS", "*.*.example.com"),
        ("PREVIEW_HOSTS", "a.*.example.com"),
        ("PREVIEW_HOSTS", "**.preview.example.com"),
        ("PREVIEW_HOSTS", "https://*.preview.example.com"),
        ("PREVIEW_HOSTS", "*.preview.example.com:8443"),
        ("PREVIEW_HOSTS", "*.0.0.1"),
        ("WORKOS_REDIRECT_URIS", "https://a.example/cb, nonsense"),
        ("WORKOS_REDIRECT_URIS", "https://a.example/cb#x"),
        ("SECRET_KEY", "short"),
        ("SECRET_KEY", "a" * 64),
        ("SECRET_KEY", "change-me-please-this-is-only-an-example-1234"),
        ("SECRET_KEY", "your-secret-key-goes-here-0123456789abcdef"),
        ("SECRET_KEY", "0123456789" * 4),
        ("SECRET_KEY", "abcdefghijklmnopqrstuvwxyz0123456789"),
        ("SECRET_KEY", "Acme-Corp-sign-in:Acme-Corp-sign-in:"),
        ("SECRET_KEY_FALLBACKS", f"{SECRET_KEY},short"),
        ("WORKOS_ACTION_SECRET", "x"),
        ("WORKOS_WEBHOOK_SECRET", "x"),
        ("SESSION_IDLE_TIMEOUT", "1 day"),
        ("SESSION_IDLE_TIMEOUT", "59"),
        ("SESSION_LIFETIME", "-1"),
        ("SESSION_LIFETIME", str(31 * 86_400)),
        ("SESSION_LIFETIME", "\N{ARABIC-INDIC DIGIT ONE}00"),
        ("TRUSTED_PROXIES", "yes"),
        ("LOG_LEVEL", "LOUD"),
        ("REDIS_URL", "http://localhost"),
        ("REDIS_URL", "redis+sentinel://host-1,host-2"),
        ("REDIS_URL", "redis+sentinel://host-1,,host-2/name"),
        ("REDIS_REPLICAS", "-1"),
        ("LIMIT_SEND_PER_ADDRESS", "many"),
        ("LIMIT_SEND_TOTAL", "3 per fortnight"),
    ],
)
def test_a_senseless_value_is_refused_by_name(name: str, value: str) -> None:
    """SEC-01, SEC-11."""
    [problem] = problems(**{name: value})

    assert problem.startswith(name)


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({**LIVE, "PUBLIC_URL": "http://app.example.com"}, "PUBLIC_URL"),
        ({"WORKOS_API_KEY": "sk_live_123"}, "PUBLIC_URL"),
        ({**LIVE, "FLASK_DEBUG": "1"}, "FLASK_DEBUG"),
        ({**LIVE, "WORKOS_BASE_URL": "http://localhost:4100"}, "WORKOS_BASE_URL"),
        ({**LIVE, "WORKOS_BASE_URL": "https://[::1]"}, "WORKOS_BASE_URL"),
        ({**LIVE, "WORKOS_REDIRECT_URIS": "http://a.example/cb"}, "WORKOS_REDIRECT_URIS"),
        ({**LIVE, "PREVIEW_HOSTS": "*.preview.example.com"}, "PREVIEW_HOSTS"),
        ({"PREVIEW_HOSTS": "*.preview.example.com"}, "PREVIEW_HOSTS"),
        ({"SESSION_IDLE_TIMEOUT": "7200", "SESSION_LIFETIME": "3600"}, "SESSION_IDLE_TIMEOUT"),
    ],
)
def test_dangerous_combinations_are_refused(changes: dict[str, str], named: str) -> None:
    """SEC-01."""
    [problem] = problems(**changes)

    assert problem.startswith(named)


@pytest.mark.parametrize("alphabet", ["0123456789abcdef", ascii_letters + digits + "-_"])
def test_random_keys_are_taken(alphabet: str) -> None:
    chance = random.Random(1)
    for _ in range(200):
        key = "".join(chance.choices(alphabet, k=32))
        assert Config.from_env({**GOOD, "SECRET_KEY": key}).secret_key == key


@pytest.mark.parametrize("value", ["socks5://us:canary@localhost:1080", "http://us:canary@a:b"])
@pytest.mark.parametrize("name", ["HTTPS_PROXY", "all_proxy"])
def test_a_proxy_of_no_use_is_refused_unless_workos_is_on_this_machine(
    name: str, value: str
) -> None:
    [problem] = problems(**{name: value})

    assert problem.startswith(f"{name} is not the address of an http proxy")
    assert "canary" not in problem
    Config.from_env({**GOOD, name: value, "WORKOS_BASE_URL": "http://localhost:4100"})
    Config.from_env({**GOOD, name: "proxy.example.com:8080"})


def test_no_message_quotes_a_secret() -> None:
    secrets = {"WORKOS_API_KEY": "canary-key", "SECRET_KEY": "canary-secret"}

    assert "canary" not in " ".join(problems(**secrets))


def test_the_representation_shows_no_secret() -> None:
    config = Config.from_env({**GOOD, "SECRET_KEY_FALLBACKS": SECRET_KEY[::-1]})

    assert "sk_test" not in repr(config)
    assert SECRET_KEY not in repr(config)
    assert SECRET_KEY[::-1] not in repr(config)


def test_lists_and_empty_values_are_read_as_people_write_them() -> None:
    config = Config.from_env(
        {
            **GOOD,
            "WORKOS_REDIRECT_URIS": "https://a.example/cb , https://b.example/cb,",
            "REDIS_URL": "",
        }
    )

    assert config.workos_redirect_uris == ("https://a.example/cb", "https://b.example/cb")
    assert config.redis_url is None


def test_the_example_file_names_every_setting_and_no_other() -> None:
    text = (Path(__file__).parent.parent / ".env.example").read_text()
    named = {
        line.lstrip("# ").partition("=")[0]
        for line in text.splitlines()
        if "=" in line and line.lstrip("# ").partition("=")[0].isupper()
    }

    assert named == set(SETTINGS)


def test_every_field_has_a_setting() -> None:
    fields: Any = Config.__dataclass_fields__

    assert {name.upper() for name in fields} == set(SETTINGS)
