"""The API reference at /docs: what is tried out goes to the service with the token, under the same policy."""

import pathlib

from facts import expect
from pages import NARROW, WIDE

DRAWN_MILLISECONDS = 20000
"""The reference's program has 1.6 MB, and a contract some hundred operations."""


def check(facts, browser, screenshots):
    system = browser.system
    facts.check("an operation is tried out with the token at /docs of the Orders API", try_out, browser, system.orders,
                "Orders", "listOrders")
    facts.check("an operation is tried out with the token at /docs of the Notifier", try_out, browser, system.notifier,
                "Deliveries", "listDeliveries")
    for scheme in ("light", "dark"):
        facts.check(f"/docs does not scroll sideways at 390 pixels, {scheme}", narrow, browser, scheme)
    if screenshots:
        facts.check("screenshots of /docs", take_screenshots, browser, pathlib.Path(screenshots))


def reference(browser, origin, **options):
    page = browser.page(is_signed_in=False, **options)
    page.goto(f"{origin}/docs")
    page.wait_for_selector(".opblock", timeout=DRAWN_MILLISECONDS)
    return page


def open_operation(page, tag, operation):
    block = page.locator(f"#operations-{tag.replace(' ', '_')}-{operation}")
    block.locator(".opblock-summary").click()
    block.locator(".try-out__btn").wait_for()
    return block


def execute(block):
    block.locator(".execute").click()
    status = block.locator(".live-responses-table .response td.response-col_status")
    status.wait_for()
    return status.inner_text().split()[0]


def try_out(browser, origin, tag, operation):
    page = reference(browser, origin)
    block = open_operation(page, tag, operation)
    block.locator(".try-out__btn").click()
    status = execute(block)
    expect(status == "401", f"Without the token it answered {status}.")
    page.locator(".authorize").first.click()
    field = page.locator(".auth-container input").first
    field.fill(browser.system.token)
    field.press("Enter")
    page.locator(".auth-container button", has_text="Logout").first.wait_for()
    page.locator(".btn-done").first.click()
    block.locator(".btn-clear").click()
    status = execute(block)
    expect(status == "200", f"With the token it answered {status}.")
    # It shows what it sent, the token too: so the page is not looked through for it.
    page.context.close()
    browser.contexts.remove(page.context)


def narrow(browser, scheme):
    page = reference(browser, browser.system.orders, viewport=NARROW, scheme=scheme)
    open_operation(page, "Orders", "createOrder")
    width = page.evaluate("() => document.documentElement.scrollWidth")
    expect(width <= NARROW["width"], f"It is {width} pixels wide.")
    browser.close(page)


def take_screenshots(browser, folder):
    folder.mkdir(parents=True, exist_ok=True)
    for viewport, size in ((WIDE, "wide"), (NARROW, "narrow")):
        for scheme in ("light", "dark"):
            page = reference(browser, browser.system.orders, viewport=viewport, scheme=scheme)
            page.screenshot(path=folder / f"docs-{size}-{scheme}.png")
            block = open_operation(page, "Orders", "createOrder")
            block.evaluate("(node) => node.scrollIntoView()")
            page.screenshot(path=folder / f"docs-operation-{size}-{scheme}.png")
            browser.close(page)
