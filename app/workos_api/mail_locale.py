"""In which language WorkOS mails somebody. https://workos.com/docs/authkit/hosted-ui#localization"""

from __future__ import annotations

from workos.common.models.create_magic_code_and_return_locale import CreateMagicCodeAndReturnLocale

from ..web.language import current_locale

# By script here, by country there.
NAMES = {"zh_Hans": "zh-CN", "zh_Hant": "zh-TW"}
THERE = {one.value for one in CreateMagicCodeAndReturnLocale}


def mail_locale() -> str | None:
    """Returns the language of this request as WorkOS calls it; None if it has no such mails."""
    locale = str(current_locale())
    name = NAMES.get(locale, locale.replace("_", "-"))
    return name if name in THERE else None
