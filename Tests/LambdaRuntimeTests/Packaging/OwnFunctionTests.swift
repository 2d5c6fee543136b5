import Foundation
import JSON
import Testing

/// `docs/write-your-own-function.md` works as it stands there, in a folder outside the repository.
@Suite struct OwnFunctionTests {
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
        try #require(swift.count == 6)
        let names = ["Hello", "Queue", "Schedule", "Typed", "Door"]
        try package.write(manifest(swift[0], names), to: "Package.swift")
        for (name, text) in zip(names, swift.dropFirst()) {
            try package.write(text, to: "Sources/\(name)/main.swift")
        }
        let commands = page.blocks("sh").flatMap { $0.split(separator: "\n") }.map(String.init)
        try #require(
            commands.map { $0.split(separator: " ")[0] } == ["swift", "AWS_LAMBDA_FUNCTION_NAME=hello", "curl"])
        let build = try package.shell(commands[0])
        try #require(build.status == 0, "\(build.text)")
        let products = package.folder.appendingPathComponent(".build/debug")
        try expectGreeting(commands, products, package)
        try expectReplies(products)
    }

    /// The emulator's part, with the ports and the path as they are here.
    private func expectGreeting(_ commands: [String], _ products: URL, _ package: UserPackage) throws {
        let event = try #require(commands[2].split(separator: "'").dropFirst().first)
        let reply = try FunctionProcess.run(products.appendingPathComponent("Hello"), events: [String(event)])
        let documented = try #require(page.blocks("json").first)
        let answer = try #require(reply.answers.first)
        #expect(String(decoding: JSONWriter.bytes(of: answer.json), as: UTF8.self) + "\n" == documented)
        #expect(commands[1].contains(#"../orchestrator/scripts/lambda-emulator "$PWD/.build/debug/Hello""#))
        let script = try package.shell("../orchestrator/scripts/lambda-emulator --help")
        #expect(script.status == 0)
        #expect(script.text.contains("BOOTSTRAP, an absolute path"))
    }

    private func expectReplies(_ products: URL) throws {
        for (name, event, reply, text) in [
            (
                "Queue", #"{"Records":[{"messageId":"1","body":"7"},{"messageId":"2","body":"x"}]}"#,
                #"{"batchItemFailures":[{"itemIdentifier":"2"}]}"#, "1: 7"
            ), ("Schedule", SampleEvents.schedule, "null", "It is 2019-03-01T01:23:45Z"),
            ("Typed", #"{"quantity":2,"priceCents":150}"#, #"{"totalCents":300}"#, ""),
            ("Door", #"{"anything":1}"#, #"{"anything":1}"#, ""),
            ("Door", #"{"Records":[]}"#, #"{"batchItemFailures":[]}"#, ""),
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
        let targets = names.map { target.replacing(#""Hello""#, with: "\"\($0)\"") }.joined(separator: ", ")
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
