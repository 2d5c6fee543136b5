import Foundation
import HTTPMessages
import RepositoryFiles
import SystemTesting
import Testing

extension EndToEndTests {
    /// The API reference of each service with the contract that it draws, and the console of those that have one.
    struct WebPagesTests {
        private static let policy =
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
            + "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
        private static let contracts: [RunningSystem.Service: String] = [
            .paymentSimulator: "payment-simulator", .customers: "customers", .orders: "orders",
            .orchestrator: "orchestrator", .notifier: "notifier",
        ]
        private static let services: [RunningSystem.Service] = [
            .paymentSimulator, .customers, .orders, .orchestrator, .notifier,
        ]
        private static let withConsole: Set<RunningSystem.Service> = [.orders, .notifier]

        /// What is served, with its media type.
        private static let reference = [
            ("/docs", "text/html"), ("/api/docs", "text/html"), ("/docs/styles/docs.css", "text/css"),
            ("/docs/scripts/docs.js", "text/javascript"), ("/openapi.yaml", "text/plain"),
        ]
        private static let console = [
            ("/console", "text/html"), ("/console/styles/console.css", "text/css"),
            ("/console/scripts/console.js", "text/javascript"), ("/console/scripts/chart.umd.js", "text/javascript"),
        ]

        @Test func `each service shows its pages once the files are there, and says which are missing`() throws {
            let folder = try EmptyFolder()
            defer { folder.remove() }
            try withSystem(WebPagesTests.services, settings: ["WEB_DIRECTORY": folder.path]) { system in
                for service in WebPagesTests.services {
                    let hasConsole = WebPagesTests.withConsole.contains(service)
                    let text = system.process(service).text
                    #expect(text.contains("the API reference is not complete"), "\(service)")
                    #expect(text.contains("the console is not complete") == hasConsole, "\(service)")
                    for (path, _) in WebPagesTests.reference + WebPagesTests.console {
                        let reply = try system.client(service).send(.get, path)
                        let isServed = hasConsole || !path.hasPrefix("/console")
                        #expect(
                            reply.status == 404
                                && reply.code == (isServed ? "page-not-installed" : "route-not-found"),
                            "\(service) \(path)")
                    }
                }

                try folder.copy("web/docs", as: "docs")
                try folder.copy("openapi", as: "openapi")
                for name in ["index.html", "console.css", "console.js", "chart.umd.js"] {
                    try folder.write("\(name) \u{E9}", to: "console/\(name)")
                }
                for service in WebPagesTests.services {
                    var client = system.client(service)
                    client.token = nil
                    let console = WebPagesTests.withConsole.contains(service) ? WebPagesTests.console : []
                    for (path, mediaType) in WebPagesTests.reference + console {
                        let reply = try client.send(.get, path)
                        #expect(reply.status == 200, "\(service) \(path)")
                        let headers = reply.response.headers
                        #expect(headers["Content-Type"] == "\(mediaType); charset=utf-8", "\(path)")
                        #expect(headers["Content-Security-Policy"] == WebPagesTests.policy, "\(path)")
                        #expect(headers["X-Content-Type-Options"] == "nosniff", "\(path)")
                    }
                    let contract = try client.send(.get, "/openapi.yaml").response.body
                    let name = try #require(WebPagesTests.contracts[service])
                    #expect(
                        String(decoding: contract, as: UTF8.self) == (try RepositoryFile("openapi/\(name).yaml").text())
                    )
                    guard !console.isEmpty else { continue }
                    let page = try client.send(.get, "/console").response.body
                    #expect(String(decoding: page, as: UTF8.self) == "index.html \u{E9}")
                }
            }
        }

        @Test(arguments: ["docs", "console"])
        func `only the files of a page can be had`(page: String) throws {
            let folder = try EmptyFolder()
            defer { folder.remove() }
            for name in ["index.html", "\(page).css", "\(page).js", "secret.txt"] {
                try folder.write(name, to: "\(page)/\(name)")
            }
            try folder.write("openapi: 3.0.3", to: "openapi/orders.yaml")
            let names = [
                "..%2Fopenapi%2Forders.yaml", "..", "%2Fetc%2Fpasswd", "index.html", "secret.txt", "\(page).js",
                "\(page).css%00", "\(page).CSS", "%20\(page).css", ".%2F\(page).css",
            ]
            try withSystem([.customers, .orders], settings: ["WEB_DIRECTORY": folder.path]) { system in
                for name in names {
                    let reply = try system.orders.send(.get, "/\(page)/styles/\(name)")
                    #expect(reply.status == 404, "\(name): \(reply.status)")
                }
                #expect(try system.orders.send(.get, "/\(page)/styles/\(page).js").status == 404)
                #expect(try system.orders.send(.get, "/\(page)/scripts/\(page).css").status == 404)
                #expect(try system.orders.send(.get, "/\(page)/styles/\(page).css").status == 200)
            }
        }
    }
}

/// A folder of a test's own.
private struct EmptyFolder {
    private let url: URL
    var path: String { url.path }

    init() throws {
        url = FileManager.default.temporaryDirectory.appendingPathComponent("web-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    }

    func copy(_ source: String, as name: String) throws {
        try FileManager.default.copyItem(
            at: URL(fileURLWithPath: RepositoryFile(source).path), to: url.appendingPathComponent(name))
    }

    func write(_ text: String, to name: String) throws {
        let file = url.appendingPathComponent(name)
        try FileManager.default.createDirectory(
            at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        try text.write(to: file, atomically: false, encoding: .utf8)
    }

    func remove() { try? FileManager.default.removeItem(at: url) }
}
