import Foundation
import HTTPMessages
import RepositoryFiles
import SystemTesting
import Testing

extension EndToEndTests {
    /// The API reference of each service, and the contract that it draws.
    struct ReferencePagesTests {
        private static let services: [RunningSystem.Service] = [
            .paymentSimulator, .customers, .orders, .orchestrator, .notifier,
        ]
        private static let paths = [
            "/docs", "/api/docs", "/docs/styles/docs.css", "/docs/scripts/docs.js", "/openapi.yaml",
        ]
        private static let contracts: [RunningSystem.Service: String] = [
            .paymentSimulator: "payment-simulator", .customers: "customers", .orders: "orders",
            .orchestrator: "orchestrator", .notifier: "notifier",
        ]

        @Test func `each service shows its own contract once the files are there`() throws {
            let files = FileManager.default
            let folder = files.temporaryDirectory.appendingPathComponent("web-\(UUID().uuidString)")
            try files.createDirectory(at: folder, withIntermediateDirectories: true)
            defer { try? files.removeItem(at: folder) }
            try withSystem(ReferencePagesTests.services, settings: ["WEB_DIRECTORY": folder.path]) { system in
                for service in ReferencePagesTests.services {
                    #expect(system.process(service).text.contains("the API reference is not complete"), "\(service)")
                    for path in ReferencePagesTests.paths {
                        let reply = try system.client(service).send(.get, path)
                        #expect(reply.status == 404 && reply.code == "page-not-installed", "\(service) \(path)")
                    }
                }

                for name in ["docs", "openapi"] {
                    let source = URL(fileURLWithPath: RepositoryFile(name == "docs" ? "web/docs" : name).path)
                    try files.copyItem(at: source, to: folder.appendingPathComponent(name))
                }
                for service in ReferencePagesTests.services {
                    var client = system.client(service)
                    client.token = nil
                    for path in ReferencePagesTests.paths {
                        let reply = try client.send(.get, path)
                        #expect(reply.status == 200, "\(service) \(path)")
                        let policy = try #require(reply.response.headers["Content-Security-Policy"])
                        #expect(policy.hasPrefix("default-src 'none'; script-src 'self'; style-src 'self';"))
                    }
                    let contract = try client.send(.get, "/openapi.yaml").response.body
                    let name = try #require(ReferencePagesTests.contracts[service])
                    #expect(
                        String(decoding: contract, as: UTF8.self) == (try RepositoryFile("openapi/\(name).yaml").text())
                    )
                }
            }
        }

        @Test func `only the files of the page can be had`() throws {
            let names = ["..%2Fopenapi%2Forders.yaml", "..", "%2Fetc%2Fpasswd", "index.html", "docs.js", "docs.css%00"]
            try withSystem([.customers], settings: ["WEB_DIRECTORY": RepositoryFile("web").path]) { system in
                for name in names {
                    let reply = try system.customers.send(.get, "/docs/styles/\(name)")
                    #expect(reply.status == 404, "\(name): \(reply.status)")
                }
                #expect(try system.customers.send(.get, "/docs/styles/docs.css").status == 200)
            }
        }
    }
}
