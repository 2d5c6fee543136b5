import BlockingTesting
import Digests
import Foundation
import JSON
import ScriptedServer
import Testing

/// Response streaming, as bytes on the wire.
@Suite(.blocking) struct StreamingTests {
    private func run(
        _ events: [String], headers: [String] = [],
        answer: @escaping @Sendable (Int) -> RuntimeAPI.Answer = { _ in .accepted }
    ) throws -> (posts: [RuntimeAPI.Post], text: String) {
        let steps = events.enumerated().map {
            RuntimeAPI.Next.event($1, id: "id-\($0)", headers: $0 == 0 ? headers : [])
        }
        let process = try LambdaProcess(steps, environment: ["LAMBDA_ECHO_MODE": "streaming"], answer: answer)
        defer { process.end() }
        #expect(process.api.waitUntilFinished(), "\(process.text)")
        // The end of the process is the end of its log.
        process.signal(SIGTERM)
        #expect(process.waitForExit() == 0)
        return (process.api.posts, process.text)
    }

    private func trailerError(_ post: RuntimeAPI.Post) throws -> JSONValue {
        let body = try #require(
            post.request.trailer("Lambda-Runtime-Function-Error-Body").flatMap { Base64.decode($0) })
        return try JSONParser.parse(body)
    }

    @Test func `pieces go as chunks`() throws {
        let posts = try run([#"{"pieces":3,"bytes":4}"#, #"{"pieces":1,"bytes":300000}"#]).posts
        let post = try #require(posts.first)
        #expect(post.text == "aaaabbbbcccc")
        #expect(post.path.hasSuffix("/id-0/response"))
        #expect(post.request.header("Transfer-Encoding") == "chunked")
        #expect(post.request.header("Lambda-Runtime-Function-Response-Mode") == "streaming")
        #expect(post.request.header("Content-Type") == "application/octet-stream")
        #expect(post.request.trailers.isEmpty)
        #expect(posts.last?.text.utf8.count == 300_000)
    }

    @Test func `an HTTP response begins with its prelude and eight NUL bytes`() throws {
        let post = try #require(try run([#"{"do":"http","status":201,"pieces":1,"bytes":2}"#]).posts.first)
        #expect(post.request.header("Content-Type") == "application/vnd.awslambda.http-integration-response")
        let end = try #require(post.request.body.firstRange(of: [UInt8](repeating: 0, count: 8)))
        let prelude = try JSONParser.parse(Array(post.request.body[..<end.lowerBound]))
        #expect(prelude["statusCode"] == .integer(201))
        #expect(prelude["headers"]?["Content-Type"]?.string == "text/plain")
        #expect(prelude["cookies"]?.array == [.string("a=1")])
        #expect(Array(post.request.body[end.upperBound...]) == Array("aa".utf8))
    }

    @Test func `an error before the first byte is an ordinary one`() throws {
        let posts = try run([#"{"do":"throw","type":"Own.Error","message":"m"}"#, #"{"pieces":1,"bytes":1}"#]).posts
        #expect(posts.map { $0.path.hasSuffix("/error") } == [true, false])
        #expect(posts[0].json?["errorType"]?.string == "Own.Error")
    }

    @Test func `an error within the stream goes in its trailers`() throws {
        let posts = try run([
            #"{"do":"breakOff","type":"Own.Error","message":"a\nb","pieces":1,"bytes":3}"#, #"{"pieces":1,"bytes":1}"#,
        ]).posts
        #expect(posts.map(\.text) == ["aaa", "a"])
        #expect(posts[0].request.trailer("Lambda-Runtime-Function-Error-Type") == "Own.Error")
        #expect(try trailerError(posts[0])["errorMessage"]?.string == "a\nb")
    }

    @Test func `a stream of nothing is an empty response`() throws {
        let posts = try run(["{}"]).posts
        #expect(posts.map(\.text) == [""])
        #expect(posts[0].path.hasSuffix("/response"))
    }

    @Test(arguments: [0, 2]) func `a stream that is not over at its deadline ends with an error`(pieces: Int) throws {
        let deadline = Int64(Date().timeIntervalSince1970 * 1000) + 600
        let (posts, text) = try run(
            ["{\"do\":\"waitForCancellation\",\"pieces\":\(pieces),\"bytes\":1}", #"{"pieces":1,"bytes":2}"#],
            headers: ["Lambda-Runtime-Deadline-Ms: \(deadline)"])
        #expect(posts.count == 2)
        if pieces == 0 {
            #expect(posts[0].path.hasSuffix("/error"))
            #expect(posts[0].json?["errorType"]?.string == "Function.DeadlineExceeded")
        } else {
            #expect(posts[0].text == "ab")
            #expect(posts[0].request.trailer("Lambda-Runtime-Function-Error-Type") == "Function.DeadlineExceeded")
            #expect(try trailerError(posts[0])["errorType"]?.string == "Function.DeadlineExceeded")
        }
        #expect(posts[1].text == "aa")
        #expect(text.contains("its result is dropped"))
    }

    @Test(arguments: [RuntimeAPI.Answer.drop, .status("400 Bad Request")])
    func `a stream that the API refuses does not stop the loop`(answer: RuntimeAPI.Answer) throws {
        let (posts, text) = try run(
            [#"{"pieces":1,"bytes":1}"#, #"{"pieces":1,"bytes":2}"#], answer: { $0 == 1 ? answer : .accepted })
        #expect(posts.map(\.text) == ["a", "aa"])
        #expect(text.contains("A stream could not be delivered."))
    }
}
