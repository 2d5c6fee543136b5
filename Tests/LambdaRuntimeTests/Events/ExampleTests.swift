import BlockingTesting
import Foundation
import JSON
import Testing

/// The examples, as they were built, with the events that lie beside them.
@Suite(.blocking) struct ExampleTests {
    private func run(_ name: String, events: [String]) throws -> FunctionProcess.Outcome {
        try FunctionProcess.run(
            FunctionProcess.productsDirectory.appendingPathComponent(name), events: events)
    }

    private func file(_ path: String) throws -> String {
        let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        return try String(contentsOf: folder.appendingPathComponent("../../../Examples/\(path)"), encoding: .utf8)
    }

    @Test func `the greeting comes by every source, and another method is refused`() throws {
        let event = try file("HelloHTTP/event.json")
        let answers = try run(
            "HelloHTTP",
            events: [
                event, event.replacing(#""method": "GET""#, with: #""method": "POST""#), SampleEvents.healthCheck, "{}",
            ]
        ).answers
        try #require(answers.count == 4)
        #expect(answers.map(\.isError) == [false, false, false, true])
        #expect(answers[0].json["statusCode"] == .integer(200))
        let body = try #require(answers[0].json["body"]?.string)
        #expect(body == #"{"greeting":"Hello, Ana Torres!","path":"/hello","request_id":"id-1"}"#)
        #expect(try file("HelloHTTP/README.md").contains(body.replacing("id-1", with: "…")))
        #expect(answers[1].json["statusCode"] == .integer(405))
        #expect(answers[2].json["statusDescription"] == .string("200 OK"))
        #expect(answers[3].json["errorType"] == .string("LambdaEventError"))
    }

    @Test func `the queue's bad message is named, and the good one done`() throws {
        let outcome = try run("ThumbnailQueue", events: [try file("ThumbnailQueue/event.json")])
        let answer = try #require(outcome.answers.first)
        let reply = String(decoding: JSONWriter.bytes(of: answer.json), as: UTF8.self)
        #expect(reply == #"{"batchItemFailures":[{"itemIdentifier":"2e1424d4-f796-459a-8184-9c92662be6da"}]}"#)
        #expect(try file("ThumbnailQueue/README.md").contains(reply))
        #expect(outcome.text.contains("cat.jpg: 256 × 192\n"))
        #expect(outcome.text.contains("A job has an image, a width and a height."))
    }

    @Test func `an order is answered with its total, and another one with what it lacks`() throws {
        let event = try file("OrderTotal/event.json")
        let answers = try run("OrderTotal", events: [event, event.replacing(#""quantity": 3, "#, with: "")]).answers
        try #require(answers.count == 2)
        let documentation = try file("OrderTotal/README.md")
        let reply = String(decoding: JSONWriter.bytes(of: answers[0].json), as: UTF8.self)
        #expect(reply == #"{"customer":"Ana Torres","totalCents":4748}"#)
        #expect(documentation.contains(reply))
        #expect(answers[1].isError)
        #expect(documentation.contains(try #require(answers[1].json["errorMessage"]?.string)))
    }

    @Test func `a function that Lambda did not start says so`() throws {
        let process = Process()
        process.executableURL = FunctionProcess.productsDirectory.appendingPathComponent("HelloHTTP")
        process.environment = [:]
        let pipe = Pipe()
        process.standardOutput = pipe
        try process.run()
        let text = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        #expect(process.terminationStatus == 1)
        #expect(text.contains("AWS_LAMBDA_RUNTIME_API"))
    }
}
