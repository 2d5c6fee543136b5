"""Pages in a browser, and what all of them together have done: requests, violations of the policy, messages."""

import json
from urllib.parse import urlsplit

WIDE = {"width": 1280, "height": 900}
NARROW = {"width": 390, "height": 844}
WAIT_MILLISECONDS = 10000

ON_EVERY_PAGE = """
document.addEventListener('securitypolicyviolation', (event) => window.tell(`${event.violatedDirective} ${event.blockedURI}`));
"""


class Browser:
    """Everything that a page may not do is counted over all of them."""

    def __init__(self, chromium, system):
        self.chromium = chromium
        self.system = system
        self.violations = []
        self.messages = []
        self.alerts = []
        self.addresses = []
        self.leaks = []
        self.contexts = []

    def page(self, viewport=None, scheme="light", locale="en-US", is_signed_in=True, origin=None, view="", has_clock=False):
        """A page of the desk in a context of its own, as in another browser."""
        context = self.chromium.new_context(
            viewport=viewport or WIDE, color_scheme=scheme, locale=locale, reduced_motion="reduce")
        context.set_default_timeout(WAIT_MILLISECONDS)
        context.expose_function("tell", lambda violation: self.violations.append(violation))
        context.add_init_script(ON_EVERY_PAGE)
        self.contexts.append(context)
        page = context.new_page()
        page.on("console", self.heard)
        page.on("pageerror", lambda error: self.messages.append(("error", f"uncaught: {error}")))
        page.on("dialog", lambda dialog: (self.alerts.append(dialog.message), dialog.dismiss()))
        page.on("request", lambda request: self.addresses.append(request.url))
        if has_clock:
            page.clock.install()
        page.goto(f"{origin or self.system.orders}/console{view}")
        if is_signed_in:
            sign_in(page, self.system.token)
        return page

    def heard(self, message):
        self.messages.append((message.type, message.text))
        if "Content Security Policy" in message.text:
            self.violations.append(message.text)

    def close(self, page):
        self.inspect(page)
        page.context.close()
        self.contexts.remove(page.context)

    def inspect(self, page):
        """Notes where a token is, beside the tab's storage and requests."""
        found = page.evaluate("""() => ({
            address: location.href, text: document.documentElement.outerHTML, stored: JSON.stringify({...localStorage}),
            typed: [...document.querySelectorAll('input')].map((input) => input.value).join(' '),
            session: JSON.stringify({...sessionStorage}), cookies: document.cookie,
        })""")
        for secret in (self.system.token, self.system.service_token):
            self.leaks += [f"the page's {place}" for place in ("address", "text", "stored", "typed", "cookies") if secret in found[place]]
            if sum(secret in value for value in json.loads(found["session"]).values()) > 1:
                self.leaks.append("more than one item of sessionStorage")


def sign_in(page, token):
    page.fill("#token", token)
    page.keyboard.press("Enter")
    page.wait_for_selector("dialog", state="detached")


def go(page, view):
    """Shows a view of the desk, as a link to it does, and waits until it has loaded."""
    page.evaluate("(view) => { location.hash = view; }", view)
    settle(page)


def settle(page):
    page.wait_for_function("() => !document.querySelector('.loading')")


def submit(page):
    """The button of the open dialog that does it."""
    return page.locator("dialog button[type=submit]")


def refuse(page, pattern, status, problem, times=None):
    """Answers requests of `pattern` (the beginning of a path) in the service's place, for good or so many times."""
    body = {"type": f"/problems/{problem['code']}", "instance": "/", "status": status,
            "trace_id": "4bf92f3577b34da6a3ce929d0e0e4736", **problem}
    answered = {"count": 0}

    def answer(route):
        if times is not None and answered["count"] >= times:
            route.fallback()
            return
        answered["count"] += 1
        route.fulfill(status=status, content_type="application/problem+json", body=json.dumps(body))

    page.route(lambda url: urlsplit(url).path.startswith(pattern), answer)
    return answered


UNAVAILABLE = {"title": "Database unavailable", "detail": "The database does not answer.", "code": "database-unavailable", "retryable": True}

BROKEN = {"title": "Internal error", "detail": "Something broke.", "code": "internal-error", "retryable": False}


def lose_replies(page, pattern, times):
    """Has the service do it, and loses its answer."""
    seen = []

    def answer(route):
        seen.append(route.request.headers.get("x-idempotency-key"))
        if len(seen) > times:
            route.continue_()
            return
        route.fetch()
        route.abort()

    page.route(lambda url: urlsplit(url).path == pattern, answer)
    return seen
