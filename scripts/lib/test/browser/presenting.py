"""How the desk looks and reads: text as text, both languages, both themes, a phone, and for those who do not see it."""

import pathlib

from axe_playwright_python.base import AXE_SCRIPT

from facts import expect
from pages import BROKEN, NARROW, WIDE, go, refuse, settle
from system import HOSTILE

THEMES = ("light", "dark")
FINDINGS = """async () => {
    const results = await axe.run(document, {
        runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'], resultTypes: ['violations'],
    });
    return {
        rules: results.passes.length,
        found: results.violations.map((one) => `${one.id} at ${one.nodes[0].target}: ${one.nodes[0].failureSummary}`),
    };
}"""


def views(system):
    """The views of the Orders API's desk by a name for each; those of the Notifier's are `notifier_views`."""
    return {
        "orders": "#/orders", "order": f"#/orders/{system.hostile_order}", "new-order": "#/new-order", "catalogue": "#/catalogue",
        "product": f"#/catalogue/{system.goods['hostile']}", "sagas": "#/sagas", "deliveries-elsewhere": "#/deliveries", "health": "#/health",
    }


def notifier_views(system):
    delivery = system.get(f"{system.notifier}/admin/deliveries/find-all?endpoint_id={system.endpoint}&limit=1")["data"][0]["id"]
    return {"deliveries": "#/deliveries?state=", "delivery": f"#/deliveries/{delivery}"}


def check(facts, browser, screenshots):
    facts.check("a hostile text is text in every field", hostile, browser)
    facts.check("both languages have the same words, and the desk misses none", words, browser)
    facts.check("Spanish is spoken where the browser prefers it, without an English word", spanish, browser)
    facts.check("the language can be switched, and stays", switch, browser)
    facts.check("requests, their times and failures are those of the metrics", metrics, browser)
    facts.check("charts are drawn, each beside a table of its numbers", charts, browser)
    facts.check("without Chart.js there are the tables", no_charts, browser)
    for scheme in THEMES:
        facts.check(f"axe finds nothing in any view, {scheme}", axe, browser, scheme)
    facts.check("axe finds nothing in a dialog and in a failure", axe_in_trouble, browser)
    for scheme in THEMES:
        facts.check(f"no view scrolls sideways at 390 pixels, {scheme}", narrow, browser, scheme)
    if screenshots:
        facts.check("screenshots", take_screenshots, browser, pathlib.Path(screenshots))


def each_view(browser, page, notifier_page=None):
    """Shows each view, and yields its name and page."""
    for name, view in views(browser.system).items():
        show(page, view)
        yield name, page
    if notifier_page:
        for name, view in notifier_views(browser.system).items():
            show(notifier_page, view)
            yield name, notifier_page


def show(page, view):
    go(page, view)
    page.wait_for_function("() => document.querySelector('main').textContent.length > 20")
    if view == "#/deliveries":
        page.wait_for_selector(".notice")


def both_desks(browser, **options):
    return browser.page(**options), browser.page(origin=browser.system.notifier, **options)


def hostile(browser):
    system = browser.system
    page, notifier = both_desks(browser)
    shown = 0
    for name, one in each_view(browser, page, notifier):
        expect(one.locator("img").count() == 0, f"There is an image in {name}.")
        shown += HOSTILE in one.inner_text("body")
    go(page, "#/new-order")
    page.fill("#product-search", "hostile")
    page.keyboard.press("Enter")
    page.click(f"#add-{system.goods['hostile']}")
    for identifier in ("#customer", "#product-search", f"#quantity-{system.goods['hostile']}"):
        page.fill(identifier, HOSTILE[:3] if "quantity" in identifier else HOSTILE)
    page.click("#place")
    go(page, "#/orders")
    page.select_option("#search-by", "idempotency_key")
    page.fill("#search-for", HOSTILE.replace(" ", "_"))
    page.click("#search-go")
    page.locator(".found", has_text="<img_src").wait_for()
    for view in (f"#/orders/{HOSTILE}", f"#/catalogue?search={HOSTILE}", f"#/{HOSTILE}", f"#/orders?status={HOSTILE}", "#/constructor"):
        page.evaluate("(view) => { location.hash = view; }", view)
        page.wait_for_timeout(100)
    expect(page.locator("img").count() == 0, "There is an image.")
    expect(not browser.alerts, f"It ran: {browser.alerts}.")
    expect(shown >= 5, f"It was shown by {shown} views only.")
    browser.close(page)
    browser.close(notifier)
    return f"shown in {shown} views"


def words(browser):
    page = browser.page()
    found = page.evaluate("""async () => {
        const { languages } = await import('/console/scripts/words.js');
        const holes = (text) => [...text.matchAll(/\\{\\w+\\}/g)].map(([hole]) => hole).sort().join();
        const [english, spanish] = [languages.en, languages.es];
        return {
            count: Object.keys(english).length,
            different: [...new Set([...Object.keys(english), ...Object.keys(spanish)])].filter((key) => !english[key] || !spanish[key]
                || holes(english[key]) !== holes(spanish[key])),
        };
    }""")
    expect(not found["different"], f"They differ in {found['different']}.")
    for name, one in each_view(browser, page):
        expect("⟦" not in one.inner_text("body"), f"A word is missing in {name}.")
    browser.close(page)
    return f"{found['count']} texts"


ENGLISH_TEXTS = """async () => {
    const { languages } = await import('/console/scripts/words.js');
    const known = new Set(Object.values(languages.es));
    const english = new Set(Object.entries(languages.en).filter(([key, text]) => !known.has(text) && key !== 'language.name')
        .map(([, text]) => text));
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    const found = [];
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
        const text = node.textContent.trim();
        if (english.has(text) || text.includes('⟦')) found.push(text);
    }
    for (const node of document.querySelectorAll('[aria-label]')) {
        if (english.has(node.getAttribute('aria-label'))) found.push(node.getAttribute('aria-label'));
    }
    return found;
}"""


def spanish(browser):
    page, notifier = both_desks(browser, locale="es-EC")
    expect(page.evaluate("() => document.documentElement.lang") == "es", "It is not Spanish.")
    for name, one in each_view(browser, page, notifier):
        found = one.evaluate(ENGLISH_TEXTS)
        expect(not found, f"In {name} there is {found}.")
    go(page, "#/orders")
    cell = page.locator("tbody tr td.number").first.inner_text()
    expect("," in cell, f"An amount is written {cell}.")
    go(page, "#/orders/999999999")
    page.locator(".notice", has_text="No existe ese pedido.").wait_for()
    browser.close(page)
    browser.close(notifier)


def switch(browser):
    page = browser.page(locale="fr-FR")
    page.locator("h1", has_text="Orders").wait_for()
    go(page, "#/new-order")
    page.fill("#customer", "12")
    page.select_option("#language", "es")
    page.locator("h1", has_text="Nuevo pedido").wait_for()
    expect(page.input_value("#customer") == "12", "What was typed is lost.")
    page.reload()
    page.locator("h1", has_text="Nuevo pedido").wait_for()
    page.select_option("#language", "en")
    page.locator("h1", has_text="New order").wait_for()
    browser.close(page)


METRICS = r"""async () => {
    const { difference, reading, sample } = await import('/console/scripts/metrics.js');
    const text = (start, fast, slow, failed) => `# HELP x y
process_start_time_seconds ${start}
http_server_request_duration_seconds_bucket{operation="listOrders",http_response_status_code="200",le="0.01"} ${fast}
http_server_request_duration_seconds_bucket{operation="listOrders",http_response_status_code="200",le="0.1"} ${fast + slow}
http_server_request_duration_seconds_bucket{operation="listOrders",http_response_status_code="200",le="+Inf"} ${fast + slow}
http_server_request_duration_seconds_sum{operation="listOrders",http_response_status_code="200"} ${fast * 0.005 + slow * 0.05}
http_server_request_duration_seconds_count{operation="listOrders",http_response_status_code="200"} ${fast + slow}
http_server_request_duration_seconds_count{operation="listOrders",http_response_status_code="503"} ${failed}
http_server_request_duration_seconds_count{operation="getMetrics",http_response_status_code="200"} 1000
`;
    const before = reading(text(1, 100, 10, 0), 0);
    const between = difference(before, reading(text(1, 190, 20, 5), 10000));
    return {
        rate: between.rate, failed: between.failedRate, p50: between.p50, p99: between.p99,
        restarted: difference(before, reading(text(2, 1, 1, 0), 10000)),
        escaped: sample('a{b="1 \\\\ \\"2\\" }",c="3"} 4.5'),
    };
}"""


def metrics(browser):
    page = browser.page()
    told = page.evaluate(METRICS)
    expect(told["rate"] == 10.5 and told["failed"] == 0.5, f"The rates were {told['rate']} and {told['failed']}.")
    # 90 of 100 took 10 ms at most, evenly; the others up to 100 ms.
    expect(abs(told["p50"] - 5.56) < 0.01 and abs(told["p99"] - 91) < 0.01, f"The times were {told['p50']} and {told['p99']}.")
    expect(told["restarted"] is None, "Counters that began anew are taken for requests.")
    expect(told["escaped"] == {"name": "a", "labels": {"b": '1 \\ "2" }', "c": "3"}, "value": 4.5}, f"It read {told['escaped']}.")
    browser.close(page)


def charts(browser):
    system = browser.system
    page = browser.page(has_clock=True, view="#/health")
    page.locator(".chart").first.wait_for()
    for _ in range(3):
        for _ in range(5):
            system.get(f"{system.orders}/admin/products/find-all?limit=1")
        page.clock.run_for(5100)
        page.wait_for_timeout(150)
    count = page.locator(".chart").count()
    expect(count == 3, f"There are {count} charts.")
    for place in range(count):
        chart = page.locator(".chart").nth(place)
        drawn = chart.locator("canvas").evaluate("""(canvas) => {
            const data = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data;
            return data.some((value) => value !== 0);
        }""")
        expect(drawn, f"Chart {place + 1} is empty.")
        rows = chart.locator("tbody tr").count()
        expect(rows >= 2, f"The table of chart {place + 1} has {rows} rows.")
    rates = page.locator(".chart").first.locator("tbody td:nth-child(2)").all_inner_texts()
    expect(any(float(rate) > 0 for rate in rates), f"The requests each second were {rates}.")
    page.locator("tbody tr", has_text="listProducts").first.wait_for()
    page.locator("tbody tr", has_text="customers-api").locator(".badge", has_text="Closed").wait_for()
    browser.close(page)


def no_charts(browser):
    page = browser.page()
    page.route("**/console/scripts/chart.umd.js", lambda route: route.fulfill(status=404, body=""))
    go(page, "#/health")
    page.locator(".chart", has_text="Chart.js is not installed").first.wait_for()
    expect(page.locator(".chart table").count() >= 2, "There are no tables.")
    browser.close(page)


def findings(page, name):
    if not page.evaluate("() => 'axe' in window"):
        page.evaluate(AXE_SCRIPT)
    results = page.evaluate(FINDINGS)
    expect(results["rules"] > 10, f"axe looked at {results['rules']} rules only.")
    return [f"{name}: {one}" for one in results["found"]]


def axe(browser, scheme):
    page, notifier = both_desks(browser, scheme=scheme)
    found = [one for name, shown in each_view(browser, page, notifier) for one in findings(shown, name)]
    expect(not found, "\n".join(found))
    browser.close(page)
    browser.close(notifier)


def axe_in_trouble(browser):
    found = []
    for scheme in THEMES:
        page = browser.page(scheme=scheme, viewport=NARROW, is_signed_in=False)
        page.wait_for_selector("#token")
        found += findings(page, f"the token's dialog, {scheme}")
        page.fill("#token", browser.system.token)
        page.keyboard.press("Enter")
        go(page, "#/catalogue")
        page.click(f"#adjust-{browser.system.goods['plain']}")
        page.fill("#delta", "1")
        refuse(page, "/admin/products", 500, BROKEN)
        page.locator("dialog button[type=submit]").click()
        page.locator("dialog .notice").wait_for()
        found += findings(page, f"a dialog, {scheme}")
        page.keyboard.press("Escape")
        page.locator(".page .notice").wait_for()
        found += findings(page, f"an open change, {scheme}")
        go(page, "#/catalogue/1")
        page.locator(".notice.bad").wait_for()
        found += findings(page, f"a failure, {scheme}")
        page.unroute_all()
        browser.close(page)
    expect(not found, "\n".join(found))


def sideways(page):
    return page.evaluate("() => document.documentElement.scrollWidth")


def narrow(browser, scheme):
    page, notifier = both_desks(browser, viewport=NARROW, scheme=scheme, locale="es-EC" if scheme == "dark" else "en-US")
    for name, shown in each_view(browser, page, notifier):
        expect(sideways(shown) <= NARROW["width"], f"{name} is {sideways(shown)} pixels wide.")
    go(page, "#/catalogue")
    page.click(f"#adjust-{browser.system.goods['hostile']}")
    expect(sideways(page) <= NARROW["width"], "A dialog is wider.")
    browser.close(page)
    browser.close(notifier)


def take_screenshots(browser, folder):
    folder.mkdir(parents=True, exist_ok=True)
    count = 0
    for viewport, size in ((WIDE, "wide"), (NARROW, "narrow")):
        for scheme in THEMES:
            language = "es-EC" if (size, scheme) in (("narrow", "light"), ("wide", "dark")) else "en-US"
            page, notifier = both_desks(browser, viewport=viewport, scheme=scheme, locale=language)
            for name, shown in each_view(browser, page, notifier):
                if name == "health":
                    shown.wait_for_timeout(5500)
                settle(shown)
                shown.screenshot(path=folder / f"console-{name}-{size}-{scheme}.png", full_page=True)
                count += 1
            go(page, "#/catalogue")
            page.click(f"#adjust-{browser.system.goods['plain']}")
            page.screenshot(path=folder / f"console-dialog-{size}-{scheme}.png")
            page.fill("#delta", "12")
            refuse(page, "/admin/products", 500, BROKEN)
            page.locator("dialog button[type=submit]").click()
            page.locator("dialog .notice").wait_for()
            page.screenshot(path=folder / f"console-unknown-{size}-{scheme}.png")
            page.keyboard.press("Escape")
            go(page, "#/catalogue/1")
            page.locator(".notice.bad").wait_for()
            page.screenshot(path=folder / f"console-failure-{size}-{scheme}.png")
            page.unroute_all()
            count += 3
            browser.close(page)
            browser.close(notifier)
    return f"{count} in {folder}"
