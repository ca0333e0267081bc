"""Who may call: sandbox provisioning, subscription keys, tokens and consent."""

from __future__ import annotations

import base64
import hmac
import json
import re
import secrets
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple
from uuid import uuid4

from apps.providers.simulation.exchange import (
    Answer,
    Request,
    Route,
    UnreadableBody,
    json_answer,
)
from apps.providers.simulation.faults import (
    COLLECT,
    CREATE,
    DISBURSE,
    PAYEE,
    QUERY,
    REFUND,
    TOKEN,
)

from .account import (
    CALLBACK_HOSTS,
    DEMO_API_KEY,
    DEMO_API_USER,
    SUBSCRIPTIONS,
    hosts_from_environment,
)
from .answers import Refusal, error_answer, strike_before
from .bodies import reference_id
from .currencies import CURRENCIES
from .holders import IDENTITY

if TYPE_CHECKING:
    from .simulator import MtnMomoSimulator

APIM_NO_KEY = (
    "Access denied due to missing subscription key."
    " Make sure to include subscription key when making requests to an API."
)
APIM_BAD_KEY = (
    "Access denied due to invalid subscription key."
    " Make sure to provide a valid key for an active subscription."
)


class Caller(NamedTuple):
    """Who a business call comes from, once it is let in."""

    user: str
    product: str
    environment: str
    callback_hosts: Sequence[str]


# What a token of each product may serve.
PRODUCTS: Mapping[str, frozenset[str]] = {
    "collection": frozenset({COLLECT}),
    "disbursement": frozenset({REFUND, DISBURSE}),
    "remittance": frozenset({DISBURSE}),
}

Call = Callable[[Request, Caller], Answer]


class Access:
    """The door every call comes through."""

    def __init__(self, simulator: MtnMomoSimulator) -> None:
        self._simulator = simulator
        # Tokens in memory for speed, in the store for restarts: value -> (user, expires at).
        self._tokens: dict[str, tuple[str, float]] = {}
        self._users: dict[str, dict[str, Any]] = {}

    def routes(self) -> Sequence[Route]:
        routes = [
            Route("POST", "/v1_0/apiuser", self._guarded(self.create_api_user)),
            Route("GET", "/v1_0/apiuser/{user}", self._guarded(self.show_api_user)),
            Route("POST", "/v1_0/apiuser/{user}/apikey", self._guarded(self.create_api_key)),
        ]
        for product in PRODUCTS:
            base = f"/{product}"
            for path in (f"{base}/token/", f"{base}/token"):
                routes.append(Route("POST", path, self._guarded(self._token_call(product))))
            for path in (f"{base}/oauth2/token/", f"{base}/oauth2/token"):
                routes.append(Route("POST", path, self._guarded(self._consent_token(product))))
            routes += [
                self.business("POST", product, "/v1_0/bc-authorize", self.authorize),
                self.business("GET", product, "/oauth2/v1_0/userinfo", self.user_info),
            ]
        return routes

    def on_start(self) -> None:
        """Plant the demo's user; read what is stored."""
        if self._simulator.store.get("users", DEMO_API_USER) is None:
            self._save_user(
                DEMO_API_USER,
                {
                    "callback_hosts": [*CALLBACK_HOSTS, *hosts_from_environment()],
                    "environments": list(CURRENCIES),
                    "api_key": DEMO_API_KEY,
                },
            )
        self._users = dict(self._simulator.store.entries("users"))
        self._tokens = {
            token: (user, end) for token, (user, end) in self._simulator.store.entries("tokens")
        }

    def create_api_user(self, request: Request) -> Answer:
        self._subscription(request)
        reference = reference_id(request)
        host = request.json_object().get("providerCallbackHost")
        # A URL is taken for a host too, and then matches no callback.
        if not isinstance(host, str) or not host:
            raise UnreadableBody("providerCallbackHost")
        if reference in self._users:
            return error_answer(409, "RESOURCE_ALREADY_EXIST")
        self._save_user(
            reference, {"callback_hosts": [host], "environments": ["sandbox"], "api_key": ""}
        )
        return Answer(201)

    def show_api_user(self, request: Request) -> Answer:
        self._subscription(request)
        user = self._users.get(request.parameters["user"])
        if user is None:
            return error_answer(404, "RESOURCE_NOT_FOUND")
        return json_answer(
            {
                "providerCallbackHost": user["callback_hosts"][0],
                "targetEnvironment": user["environments"][0],
            }
        )

    def create_api_key(self, request: Request) -> Answer:
        self._subscription(request)
        reference = request.parameters["user"]
        user = self._users.get(reference)
        if user is None:
            return error_answer(404, "RESOURCE_NOT_FOUND")
        api_key = secrets.token_hex(16)
        self._save_user(reference, {**user, "api_key": api_key})
        return json_answer({"apiKey": api_key}, 201)

    def _token_call(self, product: str) -> Callable[[Request], Answer]:
        def token(request: Request) -> Answer:
            # The body is not read: clients send nothing, null or {}.
            self._subscription(request, product)
            fault = self._simulator.faults.draw(TOKEN, PRODUCTS[product])
            strike_before(fault)
            self._environment_of_token_call(request)
            user = self._authenticated(request)
            value = self._new_token(user, self._simulator.settings["token_lifetime_s"])
            answer = json_answer(
                {
                    "access_token": value,
                    "token_type": "access_token",
                    "expires_in": int(self._simulator.settings["token_lifetime_s"]),
                }
            )
            return fault.spoil(answer.changed(delay_s=self._simulator.settings["token_delay_s"]))

        return token

    def _environment_of_token_call(self, request: Request) -> None:
        is_known = (request.header("x-target-environment") or "") in CURRENCIES
        if self._simulator.settings["is_new_platform"] and not is_known:
            error = {"error": "Invalid or missing X-Target-Environment header"}
            raise Refusal(json_answer(error, 400))

    def _consent_token(self, product: str) -> Callable[[Request], Answer]:
        def consent_token(request: Request) -> Answer:
            self._subscription(request, product)
            user = self._authenticated(request)
            consent = self._simulator.store.get("consents", request.form().get("auth_req_id", ""))
            if consent is None:
                return json_answer({"error": "invalid_grant"}, 400)
            return json_answer(
                {
                    "access_token": self._new_token(user, 3600, party=consent["party"]),
                    "token_type": "Bearer",
                    "expires_in": 3600,
                    "scope": consent["scope"],
                    "refresh_token": secrets.token_urlsafe(24),
                    "refresh_token_expired_in": 86400,
                }
            )

        return consent_token

    def authorize(self, request: Request, caller: Caller) -> Answer:
        form = request.form()
        # A placeholder of the documents ("ID:{msisdn}/MSISDN") is taken as well.
        hint = re.fullmatch(r"ID:(.+)/MSISDN", form.get("login_hint", ""), re.IGNORECASE)
        if hint is None or not form.get("scope"):
            return json_answer({"error": "invalid_request"}, 400)
        consent_id = str(uuid4())
        consent = {"party": hint[1], "scope": form["scope"]}
        self._simulator.store.put("consents", consent_id, consent, expires_at=time.time() + 3600)
        return json_answer({"auth_req_id": consent_id, "interval": 5, "expires_in": 3600})

    def user_info(self, request: Request, caller: Caller) -> Answer:
        party = self._simulator.store.get("consent_tokens", request.bearer_token())
        if party is None:
            return json_answer({"error": "insufficient_scope"}, 403)
        return json_answer(
            {
                "sub": party,
                "name": "Sand Box",
                **IDENTITY,
                "phone_number": party,
                "phone_number_verified": True,
                "status": "ACTIVE",
            }
        )

    def business(
        self, method: str, product: str, path: str, call: Call, *, operation: str = ""
    ) -> Route:
        """A route behind subscription key, token and target environment."""
        operations = {operation} if operation else PRODUCTS[product]

        def handle(request: Request) -> Answer:
            return call(request, self._caller(request, product, operations))

        return Route(method, f"/{product}{path}", self._guarded(handle))

    def _guarded(self, handler: Callable[[Request], Answer]) -> Callable[[Request], Answer]:
        def handle(request: Request) -> Answer:
            try:
                return handler(request)
            except Refusal as refusal:
                return refusal.answer

        return handle

    def _subscription(self, request: Request, product: str = "") -> None:
        """Azure's gateway stands in front; it has its own shape of error."""
        key = request.header("ocp-apim-subscription-key")
        if not key:
            raise Refusal(json_answer({"statusCode": 401, "message": APIM_NO_KEY}, 401))
        products = SUBSCRIPTIONS.get(key.replace("-", "").lower())
        if products is None or (product and product not in products):
            raise Refusal(json_answer({"statusCode": 401, "message": APIM_BAD_KEY}, 401))

    def _authenticated(self, request: Request) -> str:
        credentials = request.basic_credentials()
        user = self._users.get(credentials[0]) if credentials else None
        if credentials is None or user is None or not user["api_key"]:
            raise Refusal(self._login_failed())
        if not hmac.compare_digest(credentials[1].encode(), user["api_key"].encode()):
            raise Refusal(self._login_failed())
        return credentials[0]

    def _login_failed(self) -> Answer:
        word = "invalid_client" if self._simulator.settings["is_new_platform"] else "login_failed"
        return json_answer({"error": word}, 401)

    def _caller(self, request: Request, product: str, operations: Collection[str]) -> Caller:
        self._subscription(request, product)
        token = request.bearer_token()
        if self._simulator.faults.token_expires(_stage(request), operations):
            self._forget_token(token)
        # The sandbox does not tie a token to its product.
        name, expires_at = self._tokens.get(token, ("", 0.0))
        if expires_at <= time.time():
            raise Refusal(json_answer({"error": "invalid_token"}, 401))
        user = self._users[name]
        environment = request.header("x-target-environment") or ""
        if environment not in user["environments"]:
            raise Refusal(error_answer(500, "NOT_ALLOWED_TARGET_ENVIRONMENT"))
        return Caller(name, product, environment, user["callback_hosts"])

    def _save_user(self, reference: str, user: dict[str, Any]) -> None:
        self._simulator.store.put("users", reference, user)
        self._users[reference] = user

    def _new_token(self, user: str, lifetime_s: float, *, party: str = "") -> str:
        claims = {"clientId": user, "exp": int(time.time() + lifetime_s), "sessionId": party}
        parts = [json.dumps({"typ": "JWT", "alg": "R256"}), json.dumps(claims)]
        encoded = [base64.urlsafe_b64encode(part.encode()).rstrip(b"=").decode() for part in parts]
        token = ".".join([*encoded, secrets.token_urlsafe(48)])
        expires_at = time.time() + lifetime_s
        self._simulator.store.put("tokens", token, [user, expires_at], expires_at=expires_at)
        if party:
            self._simulator.store.put("consent_tokens", token, party, expires_at=expires_at)
        self._tokens = {
            value: (owner, end) for value, (owner, end) in self._tokens.items() if end > time.time()
        } | {token: (user, expires_at)}
        return token

    def _forget_token(self, token: str) -> None:
        self._tokens.pop(token, None)
        self._simulator.store.drop("tokens", token)


def _stage(request: Request) -> str:
    if "/accountholder/" in request.path:
        return PAYEE
    return QUERY if request.method == "GET" else CREATE
