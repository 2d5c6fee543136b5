import Components
import Concurrency
import Foundation
import HTTPMessages
import JSON
import Settings
import Telemetry
import Testing

@testable import WebApplication
@testable import WebService

/// A service's tokens in files, as a container platform mounts them.
@Suite final class TokenFilesTests {
    private static let first = "service-token-the-first"
    private static let second = "service-token-the-second"
    private static let api = "api-token-of-everybody"

    private let folder = FileManager.default.temporaryDirectory.appendingPathComponent("tokens-\(UUID().uuidString)")
    private let metrics = Metrics()
    private let lines = Lock<[[UInt8]]>([])

    init() throws { try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true) }

    deinit { try? FileManager.default.removeItem(at: folder) }

    private func path(_ name: String) -> String { folder.appendingPathComponent(name).path }

    private func write(_ text: String, _ name: String = "service") throws {
        try Data(text.utf8).write(to: URL(fileURLWithPath: path(name)))
    }

    private func service(
        _ values: [String: String] = [:], files: [String: String] = ["SERVICE_TOKEN_FILE": "service"]
    ) throws -> (tokens: ServiceTokens, files: TokenFiles) {
        var reader = EnvironmentReader(values.merging(files.mapValues { path($0) }) { $1 })
        let settings = ServiceSettings(&reader, portDefault: 3001)
        try reader.finish()
        let logger = Logger(service: "test", sink: LogSink { [lines] line in lines.withLock { $0.append(line) } })
        return (settings.tokens, TokenFiles(settings.tokens, logger, metrics))
    }

    private func isLetIn(_ token: String, _ tokens: ServiceTokens, _ rule: AccessRule = .serviceToken) -> Bool {
        let request = Request(.get, "/", headers: ["Authorization": "Bearer \(token)"])
        return (try? rule.caller(request, tokens.accepted)) != nil
    }

    private func messages(_ level: String) throws -> [String] {
        try lines.withLock { $0 }.map { try JSONParser.parse($0) }.filter { $0["level"]?.string == level }
            .compactMap { $0["message"]?.string }
    }

    private func count(_ outcome: String) -> Int {
        let text = metrics.prometheusText()
        return (0...9).first { text.contains("token_reloads_total{outcome=\"\(outcome)\"} \($0)\n") } ?? -1
    }

    @Test func `a file that has changed and stays is taken, whom it lists and what is sent`() throws {
        try write(Self.first)
        let (tokens, files) = try service()
        files.look()
        #expect(tokens.sent.current == Self.first && count("changed") == 0)
        try write("\(Self.second),\(Self.first)\n")
        files.look()
        #expect(tokens.sent.current == Self.first, "It may still be being written.")
        files.look()
        #expect(tokens.sent.current == Self.second)
        #expect(isLetIn(Self.first, tokens) && isLetIn(Self.second, tokens))
        try write(Self.second)
        files.look()
        files.look()
        #expect(!isLetIn(Self.first, tokens) && isLetIn(Self.second, tokens))
        #expect(count("changed") == 2 && count("refused") == 0)
        #expect(try messages("info") == ["tokens reloaded", "tokens reloaded"])
        let text = String(decoding: lines.withLock { $0.joined() }, as: UTF8.self)
        #expect(!text.contains(Self.second))
    }

    @Test(arguments: [
        "", "\n", ",", " , ", "short", "a-token-of-20-bytes-,short",
        "1234567890123456,1234567890123457,1234567890123458",
    ])
    func `a bad file keeps what was, and is told of once`(text: String) throws {
        try write(Self.first)
        let (tokens, files) = try service()
        try write(text)
        for _ in 1...5 { files.look() }
        #expect(isLetIn(Self.first, tokens) && tokens.sent.current == Self.first)
        #expect(!isLetIn(ServiceSettings.exampleServiceToken, tokens))
        #expect(try messages("error") == ["tokens not reloaded"])
        #expect(count("refused") == 1 && count("changed") == 0)
        try write(Self.second)
        for _ in 1...2 { files.look() }
        #expect(tokens.sent.current == Self.second)
    }

    @Test func `a file that is gone or cannot be read keeps what was`() throws {
        try write(Self.first)
        let (tokens, files) = try service()
        try FileManager.default.removeItem(atPath: path("service"))
        for _ in 1...3 { files.look() }
        try Data([0xFF, 0xFE]).write(to: URL(fileURLWithPath: path("service")))
        for _ in 1...3 { files.look() }
        #expect(isLetIn(Self.first, tokens))
        #expect(count("refused") == 2)
    }

    @Test func `a bad file of one kind keeps the tokens of all kinds`() throws {
        try write(Self.first)
        try write(Self.api, "api")
        try write("acme=token-of-acme-1234", "named")
        let (tokens, files) = try service(
            files: ["SERVICE_TOKEN_FILE": "service", "API_TOKEN_FILE": "api", "API_TOKENS_FILE": "named"])
        try write(Self.second)
        try write(",", "api")
        for _ in 1...2 { files.look() }
        #expect(isLetIn(Self.first, tokens) && isLetIn(Self.api, tokens, .apiToken))
        #expect(isLetIn("token-of-acme-1234", tokens, .apiToken) && !isLetIn("x", tokens, .apiToken))
        try write("another-token-of-everybody", "api")
        try write("acme=token-of-acme-1234,acme=token-of-acme-5678", "named")
        for _ in 1...2 { files.look() }
        #expect(isLetIn(Self.second, tokens) && isLetIn("another-token-of-everybody", tokens, .apiToken))
        #expect(isLetIn("token-of-acme-5678", tokens, .apiToken) && !isLetIn(Self.api, tokens, .apiToken))
    }

    @Test func `a symbolic link that is put in place of another is followed`() throws {
        for (name, token) in [("v1", Self.first), ("v2", Self.second)] {
            try FileManager.default.createDirectory(atPath: path(name), withIntermediateDirectories: true)
            try write(token, "\(name)/token")
        }
        // As Kubernetes mounts a secret.
        try FileManager.default.createSymbolicLink(atPath: path("data"), withDestinationPath: "v1")
        try FileManager.default.createSymbolicLink(atPath: path("token"), withDestinationPath: "data/token")
        let (tokens, files) = try service(files: ["SERVICE_TOKEN_FILE": "token"])
        try FileManager.default.createSymbolicLink(atPath: path("next"), withDestinationPath: "v2")
        #expect(rename(path("next"), path("data")) == 0)
        for _ in 1...2 { files.look() }
        #expect(tokens.sent.current == Self.second)
    }

    @Test func `SIGHUP reads at once, and says what came of it`() throws {
        try write(Self.first)
        let (tokens, files) = try service()
        #expect(files.reloadable.reload() == .unchanged)
        try write("\(Self.first),\(Self.second)")
        #expect(
            files.reloadable.reload() == .changed("2 of services, 0 of callers without a name, 0 with one"))
        #expect(isLetIn(Self.second, tokens))
        try write("")
        guard case .refused(let cause) = files.reloadable.reload() else {
            Issue.record("It was taken.")
            return
        }
        #expect(cause.hasPrefix("SERVICE_TOKEN_FILE names ") && cause.hasSuffix("which is empty."))
        #expect(isLetIn(Self.second, tokens))
    }

    @Test func `where others than this machine reach the service the example token is refused later, too`() throws {
        try write(Self.first)
        let (tokens, files) = try service(["HOST": "0.0.0.0", "API_TOKEN": Self.api])
        try write(ServiceSettings.exampleServiceToken)
        for _ in 1...2 { files.look() }
        #expect(isLetIn(Self.first, tokens) && count("refused") == 1)
    }

    @Test func `a token that stands in a variable is watched by nobody`() throws {
        let (tokens, files) = try service(["SERVICE_TOKEN": Self.first], files: [:])
        #expect(files.workers.isEmpty)
        #expect(files.reloadable.reload() == .unchanged)
        #expect(tokens.sent.current == Self.first)
    }

    @Test func `cursors follow the service tokens that sign them`() throws {
        try write(Self.first)
        var reader = EnvironmentReader(["SERVICE_TOKEN_FILE": path("service")])
        let tokens = ServiceSettings(&reader, portDefault: 3001).tokens
        let cursor = PageCursor(secrets: tokens.settings.service)
        tokens.onChange { cursor.replace(secrets: $0) }
        let before = cursor.encode(lastID: 7, filter: "orders")
        try write("\(Self.second),\(Self.first)")
        _ = tokens.reload()
        #expect(try cursor.decode(before, filter: "orders") == 7)
        #expect(
            cursor.encode(lastID: 7, filter: "orders")
                == PageCursor(secrets: [Self.second]).encode(lastID: 7, filter: "orders"))
    }
}
