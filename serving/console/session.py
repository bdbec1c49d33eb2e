"""Sessions: who signed in with an API key, kept in a signed cookie that no script can read.

A cookie names the key and when it was given, signed with a secret made from the key's stored digest. So there
is nothing else to store, any worker can check it, and it ends when its key is revoked.
"""

from __future__ import annotations

import hashlib
import hmac
from urllib.parse import urlsplit

from itsdangerous import BadData, URLSafeTimedSerializer
from starlette.requests import Request
from starlette.responses import Response

from serving.keys import Key, Keys, Scope

COOKIE = "uptier_session"
HOURS = 12
"""How long a session lasts."""

_LABEL = b"uptier console session"


class SignInRequiredError(Exception):
    """Whoever asks has to sign in first."""


class ForeignFormError(Exception):
    """A form was sent from another site."""


def check_reader(request: Request) -> None:
    """Let in whoever signed in; without any key configured, whoever asks on this machine.

    Raises
    ------
    SignInRequiredError
        When there is no valid session.
    ProblemError
        When no key is configured and the request came under a name that is not this machine's.
    """
    keys: Keys = request.app.state.keys
    if not keys.configured:
        request.app.state.access.check(request, Scope.READ)
    elif not is_signed_in(request):
        raise SignInRequiredError


def is_signed_in(request: Request) -> bool:
    """Return whether the request brings a valid session."""
    cookie = request.cookies.get(COOKIE, "")
    key_id, _, token = cookie.partition(":")
    found = _recall(request.app.state.keys, key_id)
    if found is None or not found[1].allows(Scope.READ):
        return False
    try:
        signed: object = _create_signer(found[0]).loads(token, max_age=HOURS * 3600)
    except BadData:
        return False
    return signed == key_id


def start_session(request: Request, response: Response, key: Key) -> None:
    """Give the cookie of a session."""
    found = _recall(request.app.state.keys, key.id)
    if found is None:
        raise SignInRequiredError
    token = _create_signer(found[0]).dumps(key.id)
    response.set_cookie(
        COOKIE,
        f"{key.id}:{token}",
        max_age=HOURS * 3600,
        httponly=True,
        samesite="lax",
        secure=request.url.scheme == "https",
    )


def end_session(response: Response) -> None:
    """Take the cookie back."""
    response.delete_cookie(COOKIE, httponly=True, samesite="lax")


def check_origin(request: Request) -> None:
    """Refuse a form that another site's page sends: a browser says where a form is from.

    Raises
    ------
    ForeignFormError
    """
    origin = request.headers.get("origin", "")
    site = request.headers.get("sec-fetch-site", "same-origin")
    host = request.headers.get("host", "")
    if site not in {"same-origin", "none"} or not host or urlsplit(origin).netloc.lower() != host.lower():
        raise ForeignFormError


def _recall(keys: Keys, key_id: str) -> tuple[str, Key] | None:
    return keys.recall(key_id)


def _create_signer(digest: str) -> URLSafeTimedSerializer:
    secret = hmac.new(digest.encode(), _LABEL, hashlib.sha256).digest()
    return URLSafeTimedSerializer(secret, salt="session")
