"""What few foresee in a request: the words from which `fuzz` makes them."""

from __future__ import annotations

CANARY = "canary"  # in whatever must not be logged, and in markup that must be escaped

# fmt: off
METHODS = ["GET", "POST", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "BREW", "get"]
FIELDS = [
    "email", "next", "state", "one_time_code", "relay_code", "attempt", "code", "error",
    "csrf_token", "error_description", "token", "organization_id", "expires_in", "redirect_uri",
    "session", "all",
]
TEXTS = [
    "", "0", "-1", "1e999", "null", "true", "[]", "{}", "\x00", "\r\nX-Canary: 1", "\u202e",
    "\ud800", "//evil.example", "/\\evil.example", "javascript:alert(1)", "/account", "https://[",
    "%", "%zz", "a" * 300, "a" * 5_000, "\N{DROMEDARY CAMEL}" * 40, "../" * 30, "{{7*7}}", "%s%n",
    "123456", "\N{ARABIC-INDIC DIGIT ONE}" * 6, f"{CANARY}@example.com", f"{CANARY}@@",
    f'"{CANARY}"@x',
    f"{CANARY}@{'a' * 70}.com", f"<{CANARY}>", f"'\"><{CANARY}>", f"{CANARY}@xn--a.example",
]
JSON_VALUES: list[object] = [
    None, True, 0, -1, 10**400, 1.5, [], ["a"], {}, {"a": ["b"]}, [[[[]]]],
]
BODIES = [
    b"", b"{", b"[1", b"null", b"\xff\xfe\x00", b'{"email": "\xff"}', b'{"a":1,"a":2}', b"&&&===",
    b"[" * 15_000, b'{"a":' * 3_000, b"a=%ff%fe&b=%", b"a" * 20_000, b"a" * 300_000,
    b"\x1f\x8b\x08",
]
KINDS = [
    "application/x-www-form-urlencoded", "application/json", "multipart/form-data; boundary=b",
    "multipart/form-data", "application/json; charset=utf-16", "text/plain", "x", "a/b; c=\xff", "",
    "application/x-www-form-urlencoded; charset=nothing", "application/problem+json",
]
HEADERS = {
    "Host": ["evil.example", "a..b", "x" * 300, "localhost:99999", "[::1", "a@evil", "", "\xff"],
    "Referer": ["http://[", "https://x:abc/", "https://evil.example/", f"/?{CANARY}", "\xff"],
    "Origin": ["null", "https://evil.example", "http://[", ""],
    "X-Forwarded-For": ["1.2.3.4", "1.2.3.4:5", "[::1]:5", "a, b", "," * 50, "\xff", "::"],
    "X-Forwarded-Proto": ["https", "http", "https,http", "javascript", "\xff"],
    "X-Forwarded-Host": ["evil.example", "a..b"],
    "X-Forwarded-Prefix": ["/evil", "//evil.example"],
    "Accept": ["application/json", "text/html", "*/*;q=x", "a/b;" * 100, "\xff", "a/b;q=NaN"],
    "Accept-Language": ["de", "x" * 500, "*;q=\xff"],
    "Range": ["bytes=0-1", "bytes=9-1", "bytes=-", f"bytes=0-{10**20}", "x=1"],
    "If-None-Match": ["*", '"x"', "W/", "\xff"],
    "If-Modified-Since": ["Sat, 01 Jan 0000 00:00:00 GMT", "x", "Fri, 31 Dec 99999 23:59:59 GMT"],
    "If-Range": ["x", '"x"'],
    "Authorization": [f"Bearer {CANARY}", "Basic \xff", "Digest a=", "Basic Og=="],
    "WorkOS-Signature": ["t=1, v1=a", "t=\xff", "t=,v1=", f"t={10**30}, v1={CANARY}", "x"],
    "X-Doctor": [CANARY, "a.b.c", "\xff", ".."],
    "X-CSRFToken": [CANARY, "", "\xff", "a.b.c"],
    "Sec-Purpose": ["prefetch", "prefetch;prerender"],
    "User-Agent": ["", "x" * 2_000, "\xff", f"<{CANARY}>"],
    "Content-Encoding": ["gzip", "x"],
    "Expect": ["100-continue", "x"],
    "Upgrade": ["h2c", "websocket"],
    "Transfer-Encoding": ["cow", "chunked, chunked", "identity"],
    "Content-Length": ["-1", "0x5", "5, 6", ""],
    "X Y": ["1"],
    "X_Forwarded_For": ["1.2.3.4"],
}
BEHIND_PATHS = [
    "/", "//", "%00", "%ff", "/../x", ";a=b", "%0d%0aX", "\xff", "?" * 9, f"%3Fcode={CANARY}",
]
INTO_TEXTS = ["", "A", '"', "\\", ";", "=", "\xff", "\t"]
# fmt: on
