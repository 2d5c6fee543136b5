import BlockingTesting
import Concurrency
import Foundation
import FreePorts
import JSON
import Testing

/// `docs/write-your-own-function.md` works as it stands there, in a folder outside the repository.
@Suite(.blocking) struct OwnFunctionTests {
    private let page: DocumentedBlocks

    init() throws {
        page = DocumentedBlocks(
            try String(
                contentsOf: UserPackage.repository.appendingPathComponent("docs/write-your-own-function.md"),
                encoding: .utf8))
    }

    @Test func `from an empty folder to functions that run`() throws {
        let package = try UserPackage()
        defer { package.remove() }
        let swift = page.blocks("swift")
        try #require(swift.count == 7)
        let names = ["Hello", "Queue", "Schedule", "Typed", "Awaiting", "AnyEvent"]
        try package.write(manifest(swift[0], names), to: "Package.swift")
        for (name, text) in zip(names, swift.dropFirst()) {
            try package.write(text, to: "Sources/\(name)/main.swift")
        }
        let commands = page.blocks("sh").flatMap { $0.split(separator: "\n") }.map(String.init)
        try #require(commands.count == 4)
        try expectGreeting(commands[0], commands[1], package, swift[1])
        let packaging = try package.shell(commands[2])
        try #require(packaging.status == 0, "\(packaging.text)")
        let reply = try package.shell(commands[3])
        #expect(try reply.text == documentedReply(), "the packaged function")
        let build = try package.shell("swift build")
        try #require(build.status == 0, "\(build.text)")
        try expectReplies(package.folder.appendingPathComponent(".build/debug"))
    }

    private func documentedReply() throws -> String { try #require(page.blocks("json").first) }

    /// The emulator, as the page starts it but on free ports, replies as the page says, and otherwise when the source has changed.
    private func expectGreeting(_ start: String, _ curl: String, _ package: UserPackage, _ source: String) throws {
        // Free for the minutes that the build takes, as a port that the system gives to whoever asks would not be.
        let ports = [try freePort(), try freePort()]
        let process = package.process("exec \(start)")
        process.environment?["LAMBDA_PORT"] = "\(ports[0])"
        process.environment?["LAMBDA_RUNTIME_API_PORT"] = "\(ports[1])"
        let log = package.folder.appendingPathComponent("emulator.log")
        try Data().write(to: log)
        process.standardOutput = try FileHandle(forWritingTo: log)
        process.standardError = process.standardOutput
        try LambdaProcess.withoutBlockedSignals { try process.run() }
        defer {
            process.terminate()
            process.waitUntilExit()
        }
        // Longer than any call takes: a second one during a first would end the emulator.
        let curl = curl.replacing(":9000/", with: ":\(ports[0])/") + " --silent --noproxy '*' --max-time 30"
        try #require(curl.contains(":\(ports[0])/"))
        let documented = try documentedReply()
        try expectReply(documented, curl, package, log)
        try package.write(source.replacing("Hello, ", with: "Good day, "), to: "Sources/Hello/main.swift")
        try expectReply(documented.replacing("Hello, ", with: "Good day, "), curl, package, log)
        try package.write(source, to: "Sources/Hello/main.swift")
    }

    /// Repeats a command until it prints `reply`.
    private func expectReply(_ reply: String, _ command: String, _ package: UserPackage, _ log: URL) throws {
        let deadline = Deadline.after(milliseconds: 300_000)
        var text = ""
        repeat {
            text = try package.shell(command).text
            if !text.isEmpty, !text.hasSuffix("\n") { text += "\n" }
            if text == reply { return }
            Concurrency.Thread.sleep(milliseconds: 200)
        } while !deadline.hasPassed
        Issue.record("\(text) instead of \(reply): \(try String(contentsOf: log, encoding: .utf8))")
    }

    private func expectReplies(_ products: URL) throws {
        for (name, event, reply, text) in [
            (
                "Queue", #"{"Records":[{"messageId":"1","body":"7"},{"messageId":"2","body":"x"}]}"#,
                #"{"batchItemFailures":[{"itemIdentifier":"2"}]}"#, "1: 7"
            ), ("Schedule", SampleEvents.schedule, "null", "It is 2019-03-01T01:23:45Z"),
            ("Typed", #"{"quantity":2,"priceCents":150}"#, #"{"totalCents":300}"#, ""),
            (
                "Typed", #"{"quantity":2}"#,
                #"{"errorMessage":"The event has no priceCents.","errorType":"LambdaEventError","stackTrace":[]}"#,
                ""
            ),
            (
                "Awaiting", SampleEvents.healthCheck,
                #"{"statusCode":200,"statusDescription":"200 OK","headers":{},"body":"Awaited","isBase64Encoded":false}"#,
                ""
            ),
            ("AnyEvent", #"{"anything":1}"#, #"{"anything":1}"#, ""),
            ("AnyEvent", #"{"Records":[]}"#, #"{"batchItemFailures":[]}"#, ""),
        ] {
            let outcome = try FunctionProcess.run(products.appendingPathComponent(name), events: [event])
            let answer = try #require(outcome.answers.first, "\(name): \(outcome.text)")
            #expect(String(decoding: JSONWriter.bytes(of: answer.json), as: UTF8.self) == reply, "\(name)")
            #expect(text.isEmpty || outcome.text.contains(text), "\(name): \(outcome.text)")
        }
    }

    /// The page's manifest with its target once for each name.
    private func manifest(_ text: String, _ names: [String]) throws -> String {
        let start = try #require(text.range(of: ".executableTarget(")).lowerBound
        let end = try #require(text.range(of: ")])", range: start..<text.endIndex)).upperBound
        let target = text[start..<end]
        let targets = names.map { name in
            let product = name == "Typed" ? "LambdaRuntimeFoundation" : "LambdaRuntime"
            return target.replacing(#""Hello""#, with: "\"\(name)\"")
                .replacing(#""LambdaRuntime""#, with: "\"\(product)\"")
        }.joined(separator: ", ")
        return text.replacing(target, with: targets)
    }
}

/// The fenced blocks of a page.
struct DocumentedBlocks {
    private let all: [(language: String, text: String)]

    init(_ markdown: String) {
        var all: [(language: String, text: String)] = []
        var isOpen = false
        for line in markdown.split(separator: "\n", omittingEmptySubsequences: false) {
            if line.hasPrefix("```") {
                isOpen.toggle()
                if isOpen { all.append((String(line.dropFirst(3)), "")) }
            } else if isOpen {
                all[all.count - 1].text += line + "\n"
            }
        }
        self.all = all
    }

    func blocks(_ language: String) -> [String] { all.filter { $0.language == language }.map(\.text) }
}
