"""What somebody does at the desk, each action once against the services themselves."""

from facts import expect
from pages import go, lose_replies, settle, submit
from system import HOSTILE


def state_of(system, order):
    return system.get(f"{system.orders}/admin/orders/find-one/{order}")["data"]["status"]


def status_badge(page, text):
    page.locator(".order .badge", has_text=text).first.wait_for()


def check(facts, browser):
    system = browser.system
    page = browser.page()
    facts.check("the token is asked for once, and kept for the tab", token_once, page)
    facts.check("orders are listed by state", by_state, page, system)
    facts.check("orders are listed page by page", by_page, page, system)
    facts.check("a new order appears by itself", live, browser)
    facts.check("orders are found by number, customer, key and correlation id", searches, page, system)
    facts.check("an order is placed, confirmed and canceled by keyboard alone", by_keyboard, browser)
    facts.check("an order's history is its timeline", timeline, page, system)
    facts.check("stock is adjusted, with the entry in the ledger", adjust, page, system)
    facts.check("products that run low are found", low_stock, page, system)
    facts.check("a double click places one order", double_click, page, system)
    facts.check("a lost reply is asked for again with the same key, and there is one order", lost_reply, page, system)
    facts.check("a page that is loaded anew still knows what it asked for, and there is one order", loaded_anew, page, system)
    facts.check("a dead saga is redriven, and the order confirmed", redrive, page, system)
    facts.check("a dead saga is discarded, and the order rejected", discard, page, system)
    facts.check("what is typed stays while another view is shown", draft, page)
    browser.close(page)
    page = browser.page(origin=system.notifier)
    facts.check("dead deliveries are shown on the Notifier's desk", dead_deliveries, page, system)
    facts.check("a delivery is sent again", redeliver, page, system)
    facts.check("all dead deliveries of an endpoint are redriven, and discarded", all_deliveries, page, system)
    facts.check("an endpoint that was deactivated is enabled", enable, page, system)
    browser.close(page)


def token_once(page):
    expect(page.locator("dialog").count() == 0, "It is asked for again.")
    page.reload()
    page.wait_for_selector("tbody tr")
    expect(page.locator("dialog").count() == 0, "It is asked for again after the page was loaded anew.")


def by_state(page, system):
    created = system.order(system.people["plain"], system.goods["plain"])
    go(page, "#/orders?status=CREATED")
    page.locator("tbody tr", has_text=f"#{created}").wait_for()
    states = set(page.locator("tbody .badge").all_inner_texts())
    expect(states == {"Created"}, f"The states are {states}.")
    page.click("#chip-CONFIRMED")
    page.wait_for_function("() => [...document.querySelectorAll('tbody .badge')].some((one) => one.textContent === 'Confirmed')")
    expect(page.locator("tbody tr", has_text=f"#{created}").count() == 0, "A created order is among the confirmed ones.")


def by_page(page, system):
    for _ in range(max(0, 27 - system.order_count())):
        system.order(system.people["plain"], system.goods["plain"])
    go(page, "#/orders")
    page.wait_for_function("() => document.querySelectorAll('tbody tr').length === 25")
    first = page.locator("tbody tr a").first.inner_text()
    page.click("#pager-next")
    page.wait_for_function("(first) => document.querySelector('tbody tr a')?.textContent !== first", arg=first)
    expect("cursor=" in page.url, "The page's cursor is not in its address.")
    expect(page.locator("tbody tr").count() <= 25, "More rows than a page has.")
    page.click("#pager-first")
    page.wait_for_function("(first) => document.querySelector('tbody tr a')?.textContent === first", arg=first)


def live(browser):
    system = browser.system
    page = browser.page(has_clock=True)
    page.locator("tbody tr").first.wait_for()
    order = system.order(system.people["plain"], system.goods["plain"])
    page.clock.run_for(6000)
    page.locator("tbody tr", has_text=f"#{order}").wait_for()
    browser.close(page)


def searches(page, system):
    key, correlation = "browser-check-key", "browser-check-correlation"
    order = system.order(system.people["plain"], system.goods["plain"], key=key, correlation=correlation)
    for by, value in (("customer_id", str(system.people["plain"])), ("idempotency_key", key), ("correlation_id", correlation)):
        go(page, "#/orders")
        page.select_option("#search-by", by)
        page.fill("#search-for", value)
        page.click("#search-go")
        page.wait_for_selector(".found")
        settle(page)
        page.locator("tbody tr", has_text=f"#{order}").wait_for()
        if by != "customer_id":
            expect(page.locator("tbody tr").count() == 1, f"{page.locator('tbody tr').count()} orders by {by}.")
    go(page, "#/orders")
    page.select_option("#search-by", "id")
    page.fill("#search-for", str(order))
    page.keyboard.press("Enter")
    page.locator("h1", has_text=f"Order #{order}").wait_for()


def tab_to(page, identifier, presses=60):
    for _ in range(presses):
        if page.evaluate("() => document.activeElement?.id") == identifier:
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"{presses} times Tab do not lead to {identifier}.")


def by_keyboard(browser):
    system = browser.system
    page = browser.page(is_signed_in=False)
    page.wait_for_selector("#token")
    page.keyboard.type(system.token)
    page.keyboard.press("Enter")
    page.wait_for_selector("tbody tr")
    tab_to(page, "nav-new-order")
    page.keyboard.press("Enter")
    page.locator("h1", has_text="New order").wait_for()
    tab_to(page, "customer")
    page.keyboard.type(str(system.people["plain"]))
    tab_to(page, "product-search")
    page.keyboard.type("plain")
    page.keyboard.press("Enter")
    page.wait_for_selector(f"#add-{system.goods['plain']}")
    tab_to(page, f"add-{system.goods['plain']}")
    page.keyboard.press("Enter")
    expect(page.evaluate("() => document.activeElement.id") == f"quantity-{system.goods['plain']}", "The focus is not on the quantity.")
    page.keyboard.type("2")
    tab_to(page, "place")
    page.keyboard.press("Enter")
    page.wait_for_selector("dialog")
    page.keyboard.press("Enter")
    status_badge(page, "Created")
    order = int(page.url.rsplit("/", 1)[1])
    for identifier, state in (("confirm", "CONFIRMED"), ("cancel", "CANCELED")):
        page.wait_for_selector(f"#{identifier}")
        tab_to(page, identifier)
        page.keyboard.press("Enter")
        page.wait_for_selector("dialog")
        page.keyboard.press("Enter")
        status_badge(page, state.capitalize())
        expect(state_of(system, order) == state, f"The order is {state_of(system, order)}.")
    browser.close(page)


def timeline(page, system):
    order = system.order(system.people["plain"], system.goods["plain"])
    system.ask("POST", f"{system.orders}/admin/orders/{order}/confirm")
    go(page, f"#/orders/{order}")
    page.wait_for_selector(".timeline")
    told = page.locator(".timeline .badge").all_inner_texts()
    expect(told == ["Created", "Confirmed"], f"It tells {told}.")
    history = system.get(f"{system.orders}/admin/orders/{order}/history")["data"]
    for event in history:
        page.locator(".timeline", has_text=event["id"]).wait_for()


def adjust(page, system):
    product = system.goods["plain"]
    before = system.get(f"{system.orders}/admin/products/find-one/{product}")["data"]["stock"]
    go(page, f"#/catalogue/{product}")
    page.click(f"#adjust-{product}")
    page.fill("#delta", "x")
    submit(page).click()
    page.locator("#delta-wrong", has_text="whole number").wait_for()
    page.fill("#delta", "-7")
    page.select_option("#reason", "DAMAGE")
    page.fill("#note", HOSTILE)
    submit(page).click()
    page.locator("tbody tr", has_text="-7").locator("td", has_text=HOSTILE).wait_for()
    after = system.get(f"{system.orders}/admin/products/find-one/{product}")["data"]["stock"]
    expect(after == before - 7, f"The stock went from {before} to {after}.")


def low_stock(page, system):
    go(page, "#/catalogue?stock_at_most=3")
    page.locator("tbody tr", has_text="SKU-LOW").wait_for()
    expect(page.locator("tbody tr", has_text="SKU-PLAIN").count() == 0, "A product with more is among them.")
    page.locator("tbody tr", has_text="SKU-LOW").locator(".badge", has_text="Low").wait_for()


def fill_order(page, system):
    go(page, "#/new-order")
    page.fill("#customer", str(system.people["plain"]))
    page.fill("#product-search", "plain")
    page.keyboard.press("Enter")
    page.click(f"#add-{system.goods['plain']}")
    page.click("#place")
    page.wait_for_selector("dialog")


def double_click(page, system):
    before = system.order_count()
    sent = []
    page.on("request", lambda request: sent.append(request) if request.method == "POST" else None)
    fill_order(page, system)
    submit(page).dblclick()
    status_badge(page, "Created")
    expect(system.order_count() == before + 1, f"{system.order_count() - before} orders.")
    return f"{len(sent)} request"


def lost_reply(page, system):
    before = system.order_count()
    keys = lose_replies(page, "/admin/orders/create-order", 2)
    fill_order(page, system)
    submit(page).click()
    page.locator("dialog .notice", has_text="not known").wait_for()
    submit(page).click()
    page.wait_for_function("() => !document.querySelector('dialog form[aria-busy=true]')")
    submit(page).click()
    status_badge(page, "Created")
    page.unroute_all()
    expect(len(keys) == 3 and len(set(keys)) == 1, f"The keys were {keys}.")
    expect(system.order_count() == before + 1, f"{system.order_count() - before} orders.")
    expect(page.locator(".notice", has_text="not known").count() == 0, "It still counts as open.")
    return f"{len(keys)} requests, 1 key"


def loaded_anew(page, system):
    before = system.order_count()
    keys = lose_replies(page, "/admin/orders/create-order", 1)
    fill_order(page, system)
    submit(page).click()
    page.locator("dialog .notice", has_text="not known").wait_for()
    page.reload()
    page.locator(".notice", has_text="Outcome not known").wait_for()
    page.locator(".notice code", has_text=keys[0]).wait_for()
    expect(page.input_value("#customer") == str(system.people["plain"]), "What was typed is lost.")
    page.locator(".notice button", has_text="Ask again").click()
    page.locator(".message", has_text="Done").wait_for()
    status_badge(page, "Created")
    page.unroute_all()
    expect(len(set(keys)) == 1, f"The keys were {keys}.")
    expect(system.order_count() == before + 1, f"{system.order_count() - before} orders.")


def redrive(page, system):
    order = system.dead[0]
    go(page, f"#/orders/{order}")
    page.locator(".badge", has_text="Needs attention").first.wait_for()
    go(page, "#/sagas")
    page.click(f"#redrive-{order}")
    submit(page).click()
    page.locator(f"#redrive-{order}").wait_for(state="detached")
    system.wait_until(lambda: state_of(system, order) == "CONFIRMED")


def discard(page, system):
    order = system.dead[1]
    go(page, "#/sagas")
    page.click(f"#discard-{order}")
    submit(page).click()
    page.locator(f"#discard-{order}").wait_for(state="detached")
    system.wait_until(lambda: state_of(system, order) == "REJECTED")


def draft(page):
    go(page, "#/new-order")
    page.fill("#customer", "4711")
    go(page, "#/health")
    go(page, "#/new-order")
    expect(page.input_value("#customer") == "4711", "It is lost.")
    page.reload()
    page.wait_for_selector("#customer")
    expect(page.input_value("#customer") == "4711", "It is lost where the page is loaded anew.")


def dead_deliveries(page, system):
    page.locator("h1", has_text="Deliveries").wait_for()
    system.wait_until(lambda: len(system.deliveries("DEAD", system.endpoint)) >= 3)
    go(page, f"#/deliveries?state=DEAD&endpoint_id={system.endpoint}")
    page.locator("tbody .badge", has_text="Dead").first.wait_for()
    one = page.locator("tbody tr a").first
    one.click()
    page.locator("h2", has_text="Attempts").wait_for()
    page.locator("tbody td", has_text="not reachable").first.wait_for()


def redeliver(page, system):
    before = system.deliveries("DEAD", system.endpoint)[0]
    go(page, f"#/deliveries/{before['id']}")
    page.click(f"#redeliver-{before['id']}")
    submit(page).click()
    page.locator(".message", has_text="Done").wait_for()
    # An endpoint that fails is tried again after some seconds only.
    after = system.get(f"{system.notifier}/admin/deliveries/find-one/{before['id']}")["data"]
    expect(after["state"] == "PENDING" or after["attempt_count"] > before["attempt_count"], f"It is {after['state']}.")


def all_deliveries(page, system):
    before = {one["id"] for one in system.deliveries("DEAD", system.endpoint)}
    on_all_dead(page, system, "#redrive-all")
    submit(page).click()
    page.locator(".message", has_text="sent again").wait_for()
    after = {one["id"] for one in system.deliveries("DEAD", system.endpoint)}
    expect(len(before & after) <= 1, f"{len(before & after)} of {len(before)} are dead still.")
    on_all_dead(page, system, "#discard-all")
    submit(page).click()
    page.locator(".message", has_text="discarded").wait_for()
    expect(system.deliveries("DISCARDED", system.endpoint), "None is discarded.")


def enable(page, system):
    endpoint = f"{system.notifier}/admin/webhooks/find-one/{system.endpoint}"
    system.ask("PATCH", f"{system.notifier}/admin/webhooks/logic-delete/{system.endpoint}")
    go(page, "#/deliveries?state=PENDING")
    page.click(f"#enable-{system.endpoint}")
    submit(page).click()
    page.locator(f"#enable-{system.endpoint}").wait_for(state="detached")
    expect(system.get(endpoint)["data"]["status"] == "ACTIVE", "It is not.")


def on_all_dead(page, system, opener):
    """Opens a dialog for all dead deliveries, as soon as there is one again."""
    system.wait_until(lambda: system.deliveries("DEAD", system.endpoint))
    go(page, "#/deliveries?state=PENDING")
    go(page, f"#/deliveries?state=DEAD&endpoint_id={system.endpoint}")
    page.click(opener)
