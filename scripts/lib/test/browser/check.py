"""Checks /console and /docs in a browser against running services; scripts/browser-check starts both."""

import os
import sys

from playwright.sync_api import sync_playwright

import failing
import presenting
import reference
import working
from facts import Facts, expect
from pages import Browser
from system import System


def main():
    screenshots = os.environ.get("SCREENSHOTS")
    system = System()
    facts = Facts(os.environ.get("ONLY"))
    system.prepare()
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=os.environ.get("BROWSER_PROGRAM") or None)
        browser = Browser(chromium, system)
        working.check(facts, browser)
        failing.check(facts, browser)
        presenting.check(facts, browser, screenshots)
        reference.check(facts, browser, screenshots)
        chromium.close()
    facts.check("nothing violated the policy", lambda: expect(not browser.violations, f"{browser.violations[:5]}"))
    facts.check("no script of a text ran, and no error was left uncaught", no_errors, browser)
    facts.check("no token is in any page, address, message of the browser, or log of a service", no_token, browser, system)
    return 0 if facts.summarize() else 1


def no_errors(browser):
    uncaught = [text for kind, text in browser.messages if text.startswith("uncaught:")]
    expect(not uncaught and not browser.alerts, f"{(uncaught + browser.alerts)[:5]}")


def no_token(browser, system):
    expect(not browser.leaks, f"A token is in {browser.leaks[:1]}.")
    places = {f"the address {address}": address for address in browser.addresses}
    places |= {f"the message {number}": text for number, (_, text) in enumerate(browser.messages)}
    places |= {f"the log {name}": text for name, text in system.logs().items()}
    for secret in (system.token, system.service_token):
        for place, text in places.items():
            expect(secret not in text, f"A token is in {place}.")
    return f"{len(browser.addresses)} addresses, {len(browser.messages)} messages, {len(system.logs())} logs"


sys.exit(main())
