"""Access: which key a request brings, and whether it allows what is asked."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from operator import itemgetter
from typing import Annotated

from fastapi import Depends, Request, Security
from fastapi.security import APIKeyHeader, HTTPBearer

from serving.keys import PREFIX, Key, Keys, Scope
from serving.problems import ProblemError
from serving.rates import Rates
from serving.schemas.problem import FieldError

_NAMES_IN_QUERY = frozenset(
    {"key", "api_key", "apikey", "x-api-key", "token", "access_token", "authorization"}
)
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "[::1]", "testserver"})
_CHALLENGE = {"WWW-Authenticate": "Bearer"}

# For OpenAPI alone; what is brought is read by `Access`, which words its refusals itself.
_BEARER = HTTPBearer(auto_error=False, scheme_name="bearer", description="Authorization: Bearer uptier_…")
_HEADER = APIKeyHeader(name="X-API-Key", auto_error=False, scheme_name="key")


class Access:
    """Lets requests in by their key.

    Without any key configured everybody is let in who asks on a loopback name: the service is bound to
    loopback only then, and a page of another origin that a browser shows can't make it its own.

    Parameters
    ----------
    keys : Keys
    rates : Rates
        How often a key may ask.
    """

    def __init__(self, keys: Keys, rates: Rates) -> None:
        self.keys = keys
        self.rates = rates

    def check(self, request: Request, scope: Scope) -> Key | None:
        """Return the key of a request; None when no key is configured.

        Raises
        ------
        ProblemError
            400 for a key in the address, 401 for none or a wrong one, 403 for another scope, 429 when it asks
            too often.
        """
        if request.scope["query_string"]:
            _check_query(request.scope["query_string"].decode("latin-1").lower())
        if not self.keys.configured:
            _check_host(request)
            return None
        key = self.keys.find(_find_secret(request))
        if key is None:
            raise ProblemError(
                401, "the key is unknown or revoked; create one: uptier keys create", headers=_CHALLENGE
            )
        if not key.allows(scope):
            raise ProblemError(
                403,
                f"the key is of scope {key.scope}, this needs {scope}; create another: uptier keys create",
            )
        self.rates.check(key.id)
        request.scope["state"]["key"] = key.id
        return key


_KEY_IN_QUERY = (
    "a key in the address ends up in logs and histories; send it in the header Authorization: Bearer KEY,"
    " and revoke it if it was sent: uptier keys revoke"
)


def _check_query(query: str) -> None:
    names = {part.partition("=")[0] for part in query.split("&")}
    if names & _NAMES_IN_QUERY or PREFIX in query:
        raise ProblemError(400, _KEY_IN_QUERY)


def _find_secret(request: Request) -> str:
    authorization = request.headers.get("authorization")
    if authorization is not None:
        scheme, _, secret = authorization.partition(" ")
        if scheme.lower() == "bearer":
            return secret.strip()
    else:
        secret = request.headers.get("x-api-key", "")
        if secret:
            return secret
    raise ProblemError(
        401,
        "no key; send it in the header Authorization: Bearer KEY or X-API-Key: KEY",
        [FieldError(field="Authorization", detail="expected: Bearer uptier_…")],
        headers=_CHALLENGE,
    )


def _check_host(request: Request) -> None:
    host = request.headers.get("host", "localhost").lower()
    if host.rpartition(":")[0] not in _LOOPBACK and host not in _LOOPBACK:
        raise ProblemError(
            401,
            "without a key only requests to localhost are answered; create one: uptier keys create",
            headers=_CHALLENGE,
        )


def check_access(scope: Scope) -> Callable[..., Key | None]:
    """Return the dependency that lets in keys of a scope."""

    def check(request: Request, _: object = Security(_BEARER), __: object = Security(_HEADER)) -> Key | None:
        access: Access = request.app.state.access
        key = access.check(request, scope)
        _check_repeated(request)
        return key

    return check


def _check_repeated(request: Request) -> None:
    times = Counter(name for name, _ in request.query_params.multi_items())
    name, most = max(times.items(), key=itemgetter(1), default=("", 0))
    if most > 1:
        name = name[:100]
        detail = "comes twice; send it once"
        raise ProblemError(422, f"{name} {detail}", [FieldError(field=name, detail=detail)])


Reads = Annotated[Key | None, Depends(check_access(Scope.READ))]
Predicts = Annotated[Key | None, Depends(check_access(Scope.PREDICT))]
