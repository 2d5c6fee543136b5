/// A page for browsers, with everything that it may load. Nothing else of its folder can be had, and nothing of a request becomes
/// part of a path.
struct WebPage: Sendable {
    /// As a log line names it.
    let title: String
    /// What the page is called in the names of its operations: `Reference` for `getReference`, `getReferenceStyle`.
    let operationName: String
    /// Its folder in `WEB_DIRECTORY`, and where it is served: `docs` at `/docs`.
    let folder: String
    let styles: [String]
    let scripts: [String]
    /// What it shows that lies elsewhere in `WEB_DIRECTORY`.
    var othersShown: [String] = []

    var page: String { "\(folder)/index.html" }

    /// Every file that has to be there, by its path in `WEB_DIRECTORY`.
    var paths: [String] { [page] + othersShown + (styles + scripts).map { "\(folder)/\($0)" } }

    /// What draws a service's contract.
    ///
    /// - Parameter contract: the contract's path in `WEB_DIRECTORY`.
    static func reference(of contract: String) -> WebPage {
        WebPage(
            title: "the API reference", operationName: "Reference", folder: "docs",
            styles: ["docs.css", "swagger-ui.css"], scripts: ["docs.js", "swagger-ui-bundle.js"],
            othersShown: [contract])
    }

    /// The desk to work at.
    static let console = WebPage(
        title: "the console", operationName: "Console", folder: "console", styles: ["console.css"],
        scripts: [
            "api.js", "catalogue.js", "changes.js", "chart.umd.js", "charts.js", "console.js", "deliveries.js",
            "dom.js", "health.js", "metrics.js", "new-order.js", "order.js", "orders.js", "parts.js",
            "problems-es.js", "sagas.js", "sign-in.js", "store.js", "words-en.js", "words-es.js", "words.js",
        ])
}
