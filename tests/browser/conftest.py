"""One browser and one server for all pages; see each page in `visit`.

The server is a thread of this process and the browser Debian's Chromium, driven by Playwright.
"""

from __future__ import annotations

import json
import os
import shutil
from functools import cache
from pathlib import Path

import axe_playwright_python
import pytest
from django.conf import settings as django_settings
from django.test import Client
from playwright.sync_api import sync_playwright

from apps.documentation.reference import read_document
from tests.browser.english import english_words, raw_states

LOOK = Path(__file__).parent / "look.js"
AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text()

WIDTHS = (1280, 360)
POST = """
([address, fields]) => {
  const form = document.createElement("form");
  form.method = "post";
  form.action = address;
  const token = document.querySelector("[name=csrfmiddlewaretoken]").value;
  for (const [name, value] of Object.entries({ ...fields, csrfmiddlewaretoken: token })) {
    const input = document.createElement("input");
    Object.assign(input, { type: "hidden", name, value });
    form.append(input);
  }
  document.body.append(form);
  form.submit();
}
"""

# `make browser` looks at all there is. `make test` looks in French at one page of each template,
# the fullest; in English at one page of each kind, on a telephone. It asks axe of each kind once,
# on a telephone, of colours once where elements are painted alike; people do their work in French.
ALL = os.environ.get("LOMI_BROWSER") == "all"

# Paints whose colours were judged: look.js.
_judged: set[str] = set()

# In which axe and the Tab key are asked.
THOROUGH = "fr"
LANGUAGES = pytest.mark.parametrize("language", ["fr", "en"])
# Of what staff do, and of pages whose like was looked at in English.
LANGUAGES_OF_WORK = pytest.mark.parametrize("language", ["fr", "en"] if ALL else ["fr"])

AUTHENTICATOR = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
}


@cache
def _look():
    """What each page gets before its own scripts."""
    words = {"english": english_words(), "states": raw_states()}
    return f"const WORDS = {json.dumps(words)};\n{LOOK.read_text()}"


# The shell draws pages and no windows around them.
CHROMIUM = next(
    filter(None, map(shutil.which, ("chromium-headless-shell", "chromium", "chromium-browser"))),
    None,
)


@pytest.fixture(scope="package")
def chromium():
    if CHROMIUM is None:
        pytest.skip("no chromium here: apt install chromium-headless-shell")
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright:
        # Playwright leaves a loop running in this thread, in which nothing of ours is asynchronous.
        patch.setitem(os.environ, "DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        # A container's root may not have the sandbox.
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def reader(chromium, live_server, settings):
    """A person at a screen: reader(language="fr", user=None) gives a Reader."""
    settings.PUBLIC_URL = settings.REALTIME_URL = live_server.url
    # A walk along all pages takes longer than a person is trusted without being asked again.
    settings.STEP_UP_S = 86_400
    opened = []

    def make(language, user=None):
        one = Reader(chromium, live_server.url, language, user)
        opened.append(one)
        return one

    yield make
    for one in opened:
        one.context.close()
    # Read once a process, with the address of this server.
    read_document.cache_clear()


class Reader:
    """A browser's window. `problems` is what was seen wrong so far, a sentence each."""

    def __init__(self, chromium, url, language, user):
        self.url, self.language = url, language
        self.context = chromium.new_context(locale=language, base_url=url, reduced_motion="reduce")
        self.context.add_init_script(_look())
        if language == THOROUGH:
            # Half a megabyte: given to each page when it is asked for, it is read anew each time.
            self.context.add_init_script(AXE)
        self.context.add_cookies([{"name": "django_language", "value": language, "url": url}])
        if user is not None:
            self.sign_in(user)
        self.page = self.context.new_page()
        self.page.on("console", self._hear)
        self.page.on("pageerror", lambda error: self._tell(f"script: {error}"))
        self.page.on("requestfailed", self._failed)
        self.problems = []
        self.was_thorough = False
        self.address = ""
        self.expected_status = 200

    def sign_in(self, user):
        client = Client()
        client.force_login(user)
        name = django_settings.SESSION_COOKIE_NAME
        self.context.add_cookies(
            [{"name": name, "value": client.cookies[name].value, "url": self.url}]
        )

    def _hear(self, message):
        # What Chromium says of a page that is an error on purpose.
        if f"status of {self.expected_status} " in message.text and self.expected_status != 200:
            return
        if message.type in {"error", "warning"}:
            self._tell(f"console: {message.text} {message.location.get('url', '')}")

    def _failed(self, request):
        if "/stream" not in request.url and request.failure != "net::ERR_ABORTED":
            self._tell(f"not loaded: {request.url} {request.failure}")

    def _tell(self, problem):
        self.problems.append(f"{self.address} [{self.language}]: {problem}")

    def open(self, address, status=200):
        self.address, self.expected_status = address, status
        answer = self.page.goto(address, wait_until="load")
        if answer.status != status:
            self._tell(f"answered {answer.status}")

    def post(self, address, fields):
        """As the form of a page does; what comes back is open then."""
        self.address, self.expected_status = f"{address} {fields}", 200
        with self.page.expect_navigation(wait_until="load"):
            self.page.evaluate(POST, [address, fields])

    def press(self, selector, status=200):
        """A button that sends its form; what comes back is open then."""
        self.address, self.expected_status = f"{self.page.url}, {selector}", status
        with self.page.expect_navigation(wait_until="load") as navigation:
            self.page.click(selector)
        if navigation.value.status != status:
            self._tell(f"answered {navigation.value.status}")

    def give_authenticator(self):
        """As if the device had one: passkeys are made and used without a word."""
        device = self.context.new_cdp_session(self.page)
        device.send("WebAuthn.enable")
        device.send("WebAuthn.addVirtualAuthenticator", {"options": AUTHENTICATOR})

    def send_form_without_token(self):
        """As from a page that was open for too long."""
        self.address, self.expected_status = f"{self.address}, form without token", 403
        self.page.evaluate("document.querySelector('[name=csrfmiddlewaretoken]').value = ''")
        with self.page.expect_navigation(wait_until="load"):
            self.page.evaluate("document.querySelector('form').submit()")

    def look(self, *, is_first=True):
        """Look at the page that is open, at each width; in English at the narrow one.

        Args:
            is_first: of its template and model. axe and the Tab key are asked of those alone, and
                in one language: the others have the same elements.
        """
        is_thorough = is_first and self.language == THOROUGH
        if is_thorough:
            # A real key, so that the browser shows where the focus is.
            self.page.keyboard.press("Tab")
        # Where only a telephone is asked, its colours are those of the wide screen.
        widths_of_colours = WIDTHS[:1] if ALL and self.was_thorough else WIDTHS
        # English is shorter than French.
        for width in WIDTHS if ALL or self.language == "fr" else WIDTHS[-1:]:
            self.page.set_viewport_size({"width": width, "height": 800})
            asked = {
                "isThorough": is_thorough and (ALL or width == WIDTHS[-1]),
                "isFirst": not self.was_thorough,
                "fewAlike": not ALL,
                "withContrast": width in widths_of_colours,
                "judgedBefore": None if ALL else " ".join(_judged),
            }
            seen = self.page.evaluate("asked => look(asked)", asked)
            _judged.update(seen["judged"])
            for problem in seen["found"]:
                self._tell(f"{width}: {problem}")
        self.was_thorough = self.was_thorough or is_thorough

    def walk_by_tab(self):
        """From the first element to the last by the Tab key alone, as `look` does in the page."""
        count = self.page.evaluate("beginTabs()")
        for _ in range(count):
            self.page.keyboard.press("Tab")
        for problem in self.page.evaluate("missedByTab()"):
            self._tell(f"by the Tab key: {problem}")
