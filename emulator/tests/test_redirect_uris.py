from workos import WorkOSClient

from bare_http import BareHttp


def test_a_redirect_uri_is_added_and_may_be_used(workos: WorkOSClient, http: BareHttp) -> None:
    uri = "https://new.example.com/callback"
    assert http.create_link(redirect_uri=uri).status_code == 422

    made = workos.user_management.create_redirect_uri(uri=uri)

    assert (made.uri, made.default) == (uri, False)
    assert uri in [one.uri for one in workos.user_management.list_redirect_uris().data]
    assert http.create_link(redirect_uri=uri).status_code == 201


def test_a_redirect_uri_is_added_once_and_is_one(http: BareHttp) -> None:
    path = "/user_management/redirect_uris"
    known = http.api.get(path).json()["data"][0]["uri"]
    twice = http.api.post(path, json={"uri": known})
    assert (twice.status_code, twice.json()) == (
        422,
        {"message": f"Redirect URI '{known}' already exists."},
    )
    for wrong in ("callback", "javascript:alert(1)", "https://"):
        assert http.api.post(path, json={"uri": wrong}).status_code == 400
