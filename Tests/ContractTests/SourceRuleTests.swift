import ContractReading
import Foundation
import RepositoryFiles
import Testing

/// The rules of the source code that the compiler does not know.
struct SourceRuleTests {

    @Test func `the package has no dependencies`() throws {
        let manifest = try RepositoryFile("Package.swift").text()
        #expect(manifest.contains("dependencies: [],\n    targets:"))
        #expect(!manifest.contains(".package("))
    }

    @Test func `Foundation stays outside, and each C library inside the targets that wrap it`() throws {
        let owners = [
            "CCurl": ["Kernel/CurlHTTPClient", "Kernel/CurlLibrary", "Kernel/Mail", "Kernel/OutboundAddresses"],
            "CMySQL": ["Kernel/MySQL"], "CEpoll": ["Kernel/EpollHTTPServer"],
            "CCrypto": ["Kernel/Digests", "Kernel/JSONWebTokens"],
            "CMalloc": ["LambdaRuntime"], "CRabbitMQ": ["Kernel/AMQP"],
        ]
        for (path, imports) in try importsOfSources() {
            let mayDecode = path.hasPrefix("LambdaRuntimeFoundation/")
            #expect(mayDecode || !imports.contains { $0.hasPrefix("Foundation") }, "\(path)")
            for (library, owners) in owners where imports.contains(library) {
                #expect(owners.contains { path.hasPrefix("\($0)/") }, "\(path) imports \(library)")
            }
        }
    }

    /// What is stored goes by the database's clock. A process's own is for its log lines, its spans, its metrics and the `Date` of its
    /// replies, and to read the moments that others name: Lambda's deadline, the date in a `Retry-After`, when a webhook was signed, and
    /// until when a token holds.
    @Test func `no service asks its own clock about anything that is stored`() throws {
        let readers = [
            "Kernel/CurlHTTPClient/RetryAfter.swift", "Kernel/CustomerAccess/CustomerAccess.swift",
            "Kernel/EpollHTTPServer/HTTPDate.swift",
            "Kernel/Telemetry/Logger.swift", "Kernel/Telemetry/ProcessMetrics.swift",
            "Kernel/Telemetry/SweepMetrics.swift", "Kernel/Telemetry/Timestamp.swift", "Kernel/Telemetry/Tracer.swift",
            "LambdaRuntime/Runtime/Handler/LambdaContext.swift", "Notifier/Viewing/WebhookViewer.swift",
            "Orchestrator/LambdaTelemetry.swift",
        ]
        let reading = try Regex(#"CLOCK_REALTIME|gettimeofday|\btime\(nil\)|\bTimestamp\.now\(|: \.now\("#)
        #expect(try sources().filter { $0.text.contains(reading) }.map(\.path).sorted() == readers)
    }

    @Test func `services and stores know no HTTP`() throws {
        let files = try importsOfSources().filter { path, _ in
            !path.hasPrefix("Kernel/")
                && ["Service.swift", "Store.swift", "Store+List.swift"].contains { path.hasSuffix($0) }
        }
        #expect(files.count >= 6)
        for (path, imports) in files {
            let http = ["HTTPMessages", "WebApplication", "EpollHTTPServer", "CurlHTTPClient", "ResourceRoutes"]
            #expect(imports.isDisjoint(with: http), "\(path)")
        }
    }

    /// A body that blocks in Swift's pool keeps one of its few threads from other tests, and from the tasks of the code under test.
    @Test func `tests that block do so outside Swift's pool`() throws {
        let helpers =
            "DatabaseTesting|PythonPrograms|RabbitTesting|RawHTTP|ScriptedServer|ServiceTesting|SystemTesting|TokenTesting"
        let blocking = try Regex(#"\bThread\.|\bProcess\(|\.waits?\("#)
        let usesHelpers = try Regex("(?m)^import (\(helpers))$")
        let targets = Dictionary(grouping: try sources(in: "Tests")) { $0.path.prefix { $0 != "/" } }
        for (target, files) in targets where target.hasSuffix("Tests") {
            let isBlocking = files.contains { $0.text.contains(usesHelpers) }
            for (path, text) in files where text.contains("@Test") {
                guard isBlocking || text.contains(blocking) else { continue }
                #expect(text.contains("@Suite(.blocking") || text.contains("\nextension EndToEndTests {"), "\(path)")
            }
        }
    }

    /// Each source file, by its path in Sources/, with the modules that it imports.
    private func importsOfSources() throws -> [(path: String, imports: Set<String>)] {
        try sources().map { path, text in
            let imports = text.split(separator: "\n").compactMap { line -> String? in
                let words = line.split(separator: " ")
                guard let index = words.firstIndex(of: "import"), index <= 1, words.count > index + 1 else {
                    return nil
                }
                return String(words[index + 1])
            }
            return (path, Set(imports))
        }
    }

    private func sources(in folder: String = "Sources") throws -> [(path: String, text: String)] {
        let folder = URL(fileURLWithPath: RepositoryFile.rootPath).appendingPathComponent(folder)
        let paths = try FileManager.default.subpathsOfDirectory(atPath: folder.path).filter { $0.hasSuffix(".swift") }
        #expect(paths.count > 100)
        return try paths.map { ($0, try String(contentsOf: folder.appendingPathComponent($0), encoding: .utf8)) }
    }
}
