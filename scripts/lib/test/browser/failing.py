"""What the desk does where the API fails, is slow, or refuses the token: it says so, and nothing is lost or done twice."""

from urllib.parse import urlsplit

from facts import expect
from pages import UNAVAILABLE, go, lose_replies, refuse, settle, sign_in, submit
from working import fill_order, on_all_dead, state_of, status_badge

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
DEADLINE_MILLISECONDS = 15000
"""Longer than any call of the desk may take."""

VIEWS = {
    "orders": ("#/orders", "/admin/orders/find-all"), "an order": ("#/orders/1", "/admin/orders/find-one"),
    "an order's history": ("#/orders/1", "/admin/orders/1/history"), "the catalogue": ("#/catalogue", "/admin/products/find-all"),
    "a product": ("#/catalogue/1", "/admin/products/find-one"), "sagas": ("#/sagas", "/admin/sagas/find-all"),
    "health": ("#/health", "/metrics"), "products to order": ("#/new-order", "/admin/products/find-all"),
}


def check(facts, browser):
    system = browser.system
    page = browser.page()
    for name, (view, path) in VIEWS.items():
        facts.check(f"503 for {name} is shown with its code and trace, and tried again", view_fails, page, view, path)
    facts.check("one 503 of a read is not even noticed", once, page)
    facts.check("what is shown stays while its refresh fails", refresh_fails, browser)
    for name, (view, opener, body, path) in actions(system).items():
        facts.check(f"503 for {name} is shown, and asked again with the same key", action_fails, page, view, opener, body, path)
    facts.check("a refusal is shown with what is missing, and the next attempt has another key", refused, page, system)
    facts.check("a proxy's page is not taken for an answer", not_the_service, page)
    facts.check("a change whose token is refused goes on with another one, and what was typed", token_in_between, page, system)
    facts.check("who gives no token is told so, and may later", no_token, page)
    facts.check("with another token it is asked before a change is sent again", other_caller, browser)
    browser.close(page)
    facts.check("a wrong token is refused, and asked for again", wrong_token, browser)
    facts.check("a read without an answer ends at its deadline", slow_read, browser)
    facts.check("a change without an answer ends at its deadline, and is asked again with the same key", slow_change, browser)
    facts.check("a hidden tab asks for nothing", hidden, browser)
    page = browser.page(origin=system.notifier)
    facts.check("503 for deliveries is shown with its code and trace, and tried again", view_fails, page, "#/deliveries",
                "/admin/deliveries/find-all")
    for name, (view, opener, body, path) in delivery_actions(system).items():
        facts.check(f"503 for {name} is shown, and asked again with the same key", action_fails, page, view, opener, body, path)
    browser.close(page)


def problem_shown(page, where):
    notice = page.locator(f"{where} .notice.bad").first
    notice.wait_for()
    text = notice.inner_text()
    for part in (UNAVAILABLE["title"], UNAVAILABLE["detail"], UNAVAILABLE["code"], TRACE):
        expect(part in text, f"“{part}” is not in “{text}”.")


def view_fails(page, view, path):
    go(page, "#/catalogue?search=nothing" if view == "#/orders" else "#/orders?status=PAID")
    refuse(page, path, 503, UNAVAILABLE)
    page.evaluate("(view) => { location.hash = view; }", view)
    problem_shown(page, ".page")
    page.unroute_all()
    page.locator(".notice button", has_text="Try again").first.click()
    page.locator(".notice.bad").wait_for(state="detached")
    settle(page)


def once(page):
    go(page, "#/catalogue")
    answered = refuse(page, "/admin/orders/find-all", 503, UNAVAILABLE, times=1)
    go(page, "#/orders")
    page.locator("tbody tr").first.wait_for()
    expect(answered["count"] == 1 and page.locator(".notice").count() == 0, "It is noticed.")
    page.unroute_all()


def refresh_fails(browser):
    page = browser.page(has_clock=True)
    page.locator("tbody tr").first.wait_for()
    rows = page.locator("tbody tr").count()
    refuse(page, "/admin/orders/find-all", 503, UNAVAILABLE)
    page.clock.run_for(7000)
    problem_shown(page, ".page")
    expect(page.locator("tbody tr").count() == rows, "The rows are gone.")
    page.locator(".notice", has_text="What is shown is of").wait_for()
    page.unroute_all()
    page.clock.run_for(15000)
    page.locator(".notice").wait_for(state="detached")
    browser.close(page)


def actions(system):
    """Each action: its view, what opens its dialog, what is typed there, and where it is sent."""
    def fresh():
        return system.order(system.people["plain"], system.goods["plain"])

    confirmed, canceled, product = fresh(), fresh(), system.goods["plain"]
    return {
        "confirm": (f"#/orders/{confirmed}", "#confirm", {}, f"/admin/orders/{confirmed}/confirm"),
        "cancel": (f"#/orders/{canceled}", "#cancel", {}, f"/admin/orders/{canceled}/cancel"),
        "adjust stock": ("#/catalogue", f"#adjust-{product}", {"#delta": "3"}, f"/admin/products/{product}/adjust-stock"),
        "place": (None, lambda page: fill_order(page, system), {}, "/admin/orders/create-order"),
        "redrive": ("#/sagas", f"#redrive-{system.dead[2]}", {}, f"/admin/sagas/{system.dead[2]}/redrive"),
        "discard": ("#/sagas", f"#discard-{system.dead[3]}", {}, f"/admin/sagas/{system.dead[3]}/discard"),
    }


def delivery_actions(system):
    # One to the endpoint of scripts/run, which takes what it gets.
    delivery = system.get(f"{system.notifier}/admin/deliveries/find-all?state=DELIVERED&limit=1")["data"][0]["id"]
    return {
        "send again": (f"#/deliveries/{delivery}", f"#redeliver-{delivery}", {}, f"/admin/deliveries/{delivery}/redeliver"),
        "redrive all": (None, lambda page: on_all_dead(page, system, "#redrive-all"), {}, "/admin/deliveries/redrive"),
        "discard all": (None, lambda page: on_all_dead(page, system, "#discard-all"), {}, "/admin/deliveries/discard"),
    }


def action_fails(page, view, opener, body, path):
    keys = []
    page.on("request", lambda request: keys.append(request.headers["x-idempotency-key"])
            if request.method == "POST" and urlsplit(request.url).path == path else None)
    if callable(opener):
        opener(page)
    else:
        go(page, view)
        page.click(opener)
    for field, text in body.items():
        page.fill(field, text)
    refuse(page, path, 503, UNAVAILABLE, times=1)
    submit(page).click()
    problem_shown(page, "dialog")
    expect(page.locator("dialog fieldset").evaluate("(node) => node.disabled"), "What is asked for can be changed under its key.")
    submit(page).click()
    page.wait_for_selector("dialog", state="detached")
    page.unroute_all()
    expect(len(keys) == 2 and keys[0] == keys[1], f"The keys were {keys}.")


def refused(page, system):
    keys = []
    page.on("request", lambda request: keys.append(request.headers["x-idempotency-key"])
            if request.url.endswith("/create-order") else None)
    fill_order(page, system)
    page.keyboard.press("Escape")
    page.fill(f"#quantity-{system.goods['plain']}", "999999")
    page.click("#place")
    submit(page).click()
    page.locator("dialog .notice", has_text="insufficient-stock").wait_for()
    page.locator("dialog .notice li", has_text="999999 asked for").wait_for()
    page.keyboard.press("Escape")
    expect(page.input_value(f"#quantity-{system.goods['plain']}") == "999999", "What was typed is lost.")
    page.fill(f"#quantity-{system.goods['plain']}", "1")
    page.click("#place")
    submit(page).click()
    status_badge(page, "Created")
    expect(len(keys) == 2 and keys[0] != keys[1], f"The keys were {keys}.")


def not_the_service(page):
    go(page, "#/catalogue")
    page.route("**/admin/orders/find-all*", lambda route: route.fulfill(status=502, content_type="text/html", body="<h1>Bad gateway</h1>"))
    page.evaluate("() => { location.hash = '#/orders'; }")
    page.locator(".notice", has_text="that is not the service").wait_for()
    expect(page.locator("main h1").count() == 1, "Its markup is in the page.")
    page.unroute_all()
    page.locator(".notice button", has_text="Try again").click()
    page.locator(".notice").wait_for(state="detached")


def token_in_between(page, system):
    product = system.goods["plain"]
    keys = []
    page.on("request", lambda request: keys.append(request.headers["x-idempotency-key"])
            if request.url.endswith("/adjust-stock") else None)
    go(page, "#/catalogue")
    page.click(f"#adjust-{product}")
    page.fill("#delta", "11")
    page.fill("#note", "typed before")
    refuse(page, f"/admin/products/{product}/adjust-stock", 401, {
        "title": "Unauthorized", "detail": "The token is not valid.", "code": "unauthorized", "retryable": False}, times=1)
    submit(page).click()
    page.wait_for_selector("#token")
    page.locator("dialog", has_text="refused the token").wait_for()
    page.fill("#token", system.token)
    page.keyboard.press("Enter")
    page.wait_for_selector("dialog", state="detached")
    page.unroute_all()
    expect(len(set(keys)) == 1, f"The keys were {keys}.")
    go(page, f"#/catalogue/{product}")
    page.locator("tbody td", has_text="typed before").wait_for()


def no_token(page):
    refuse(page, "/admin/orders/find-all", 401, {
        "title": "Unauthorized", "detail": "The token is not valid.", "code": "unauthorized", "retryable": False})
    page.evaluate("() => { location.hash = '#/orders'; }")
    page.wait_for_selector("#token")
    page.keyboard.press("Escape")
    page.locator(".notice", has_text="asks for a token").wait_for()
    page.unroute_all()
    page.locator(".notice button", has_text="Sign in").click()
    page.locator(".notice").wait_for(state="detached")


def other_caller(browser):
    system = browser.system
    page = browser.page()
    before = system.order_count()
    keys = lose_replies(page, "/admin/orders/create-order", 1)
    fill_order(page, system)
    submit(page).click()
    page.locator("dialog .notice", has_text="not known").wait_for()
    page.keyboard.press("Escape")
    page.unroute_all()
    page.click("#sign-out")
    page.wait_for_selector("#token")
    sign_in(page, system.service_token)
    page.locator(".notice", has_text="Look first whether it happened").wait_for()
    page.locator(".notice a", has_text="Look it up").click()
    page.wait_for_selector(".found")
    page.locator(".notice button", has_text="Forget it").click()
    submit(page).click()
    page.locator(".notice").wait_for(state="detached")
    expect(len(keys) == 1 and system.order_count() == before + 1, f"{len(keys)} requests, {system.order_count() - before} orders.")
    browser.close(page)


def wrong_token(browser):
    page = browser.page(is_signed_in=False)
    page.wait_for_selector("#token")
    page.fill("#token", "wrong-token-of-nobody")
    page.keyboard.press("Enter")
    page.locator("dialog", has_text="refused the token").wait_for()
    page.fill("#token", "with blanks in it")
    page.keyboard.press("Enter")
    page.locator("#token-wrong", has_text="without blanks").wait_for()
    sign_in(page, browser.system.token)
    page.locator("tbody tr").first.wait_for()
    browser.close(page)


def hang(page, pattern):
    """Requests of a path are not answered; those that are kept waiting can be ended in the end."""
    waiting = []
    page.route(lambda url: urlsplit(url).path == pattern, lambda route: waiting.append(route))
    return waiting


def end(waiting):
    for route in waiting:
        route.abort()


def slow_read(browser):
    page = browser.page(has_clock=True)
    page.locator("tbody tr").first.wait_for()
    waiting = hang(page, "/admin/products/find-all")
    page.evaluate("() => { location.hash = '#/catalogue'; }")
    page.locator(".loading").wait_for()
    page.clock.run_for(DEADLINE_MILLISECONDS)
    page.locator(".notice", has_text="No answer came in time").wait_for()
    end(waiting)
    browser.close(page)


def slow_change(browser):
    system = browser.system
    order = system.order(system.people["plain"], system.goods["plain"])
    page = browser.page(has_clock=True, view=f"#/orders/{order}")
    keys = []
    page.on("request", lambda request: keys.append(request.headers["x-idempotency-key"])
            if request.url.endswith("/confirm") else None)
    page.click("#confirm")
    waiting = hang(page, f"/admin/orders/{order}/confirm")
    submit(page).click()
    page.locator("dialog form[aria-busy=true]").wait_for()
    page.clock.run_for(DEADLINE_MILLISECONDS)
    page.locator("dialog .notice", has_text="No answer came in time").wait_for()
    end(waiting)
    page.unroute_all()
    submit(page).click()
    page.wait_for_selector("dialog", state="detached")
    expect(len(keys) == 2 and keys[0] == keys[1], f"The keys were {keys}.")
    expect(state_of(system, order) == "CONFIRMED", f"The order is {state_of(system, order)}.")
    browser.close(page)


def hidden(browser):
    page = browser.page(has_clock=True)
    page.locator("tbody tr").first.wait_for()
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.clock.run_for(6000)
    page.wait_for_timeout(100)
    expect(asked, "A tab that is seen asks for nothing.")
    page.evaluate("() => Object.defineProperty(document, 'hidden', { get: () => true })")
    asked.clear()
    page.clock.run_for(60000)
    page.wait_for_timeout(100)
    expect(not asked, f"It asked for {asked[:3]}.")
    browser.close(page)
