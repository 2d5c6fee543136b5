import BlockingTesting
import ContractReading
import Foundation
import JSON
import RepositoryFiles
import Testing

/// The targets of the manifest and their arrows. The picture in `docs/architecture.md` is drawn from it.
@Suite(.blocking) struct TargetGraphTests {
    /// From the top to the bottom; a target depends on lower layers only.
    private static let layers: [(name: String, targets: [String])] = [
        ("services", ["CustomersAPI", "OrdersAPI", "Orchestrator", "Notifier", "PaymentSimulator"]),
        ("their parts", ["ResourceRoutes", "WordSearch", "CustomerErasures"]),
        ("", ["IdempotentReplies"]),
        ("", ["DatabaseWebService", "CustomerLookup", "CustomerAccess"]),
        ("", ["WebService"]),
        ("", ["LambdaRuntimeFoundation"]),
        ("", ["LambdaRuntime", "Idempotency", "TraceExport"]),
        ("HTTP", ["EpollHTTPServer", "WebApplication", "CurlHTTPClient"]),
        ("database", ["MySQL"]),
        ("broker", ["AMQP"]),
        ("", ["Components"]),
        ("observing", ["Telemetry"]),
        ("", ["WebhookSignatures", "JSONWebTokens", "Mail"]),
        ("values", ["HTTPMessages", "OutboundAddresses"]),
        ("", ["Resilience", "Settings"]),
        ("bottom", ["Concurrency", "JSON", "Digests", "CurlLibrary", "FaultPoints"]),
    ]
    private static let services: Set = ["CustomersAPI", "OrdersAPI", "Orchestrator", "Notifier", "PaymentSimulator"]

    @Test func `arrows point down only, and none crosses between services`() throws {
        let graph = try TargetGraph.ofManifest()
        let depths = Dictionary(
            uniqueKeysWithValues: TargetGraphTests.layers.enumerated().flatMap { depth, layer in
                layer.targets.map { ($0, depth) }
            })
        #expect(Set(graph.targets.keys) == Set(depths.keys), "each target under Sources/ stands in one layer")
        for (target, dependencies) in graph.targets {
            for dependency in dependencies {
                #expect(depths[target] ?? 0 < depths[dependency] ?? 0, "\(target) → \(dependency)")
                #expect(!TargetGraphTests.services.contains(dependency), "\(target) → \(dependency)")
            }
        }
    }

    @Test func `the drawing in the documentation is the manifest's`() throws {
        let graph = try TargetGraph.ofManifest()
        let arrows = TargetGraphTests.layers.flatMap(\.targets).compactMap { target in
            let below = graph.nearest(target).joined(separator: " & ")
            return below.isEmpty ? nil : "    \(target) --> \(below)"
        }
        let rows = ["flowchart LR"] + arrows
        try DocumentedTable(path: "docs/architecture.md", header: "Each target with those right below it:").check(rows)
    }
}

/// The Swift targets under `Sources/`, each with those that it depends on.
private struct TargetGraph {
    var targets: [String: Set<String>]

    /// As `swift package dump-package` has it.
    static func ofManifest() throws -> TargetGraph {
        let scratch = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
        defer { try? FileManager.default.removeItem(at: scratch) }
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = [
            "swift", "package", "--package-path", RepositoryFile.rootPath, "--scratch-path", scratch.path,
            "dump-package",
        ]
        let output = Pipe()
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        try process.run()
        let bytes = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        let manifest = try JSONParser.parse(Array(bytes))
        let all = try #require(manifest["targets"]?.array)
        let own = all.filter { target in
            guard let type = target["type"]?.string, type == "regular" || type == "executable" else { return false }
            let path = target["path"]?.string
            return path == nil || path?.hasPrefix("Sources/") == true
        }
        let names = Set(own.compactMap { $0["name"]?.string })
        return TargetGraph(
            targets: Dictionary(
                uniqueKeysWithValues: own.map { target in
                    let dependencies = (target["dependencies"]?.array ?? []).compactMap {
                        $0["byName"]?.array?.first?.string
                    }
                    return (target["name"]?.string ?? "", Set(dependencies).intersection(names))
                }))
    }

    /// The dependencies of a target that none of its other dependencies has already, in order.
    func nearest(_ target: String) -> [String] {
        let direct = targets[target] ?? []
        let below = direct.reduce(into: Set<String>()) { $0.formUnion(all(below: $1)) }
        return direct.subtracting(below).sorted()
    }

    private func all(below target: String) -> Set<String> {
        (targets[target] ?? []).reduce(into: []) { found, dependency in
            found.insert(dependency)
            found.formUnion(all(below: dependency))
        }
    }
}
