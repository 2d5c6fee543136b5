private import Concurrency
private import Digests
private import Glibc
private import JSON

/// The response of one invocation as it is written. What is written is on its way when the call returns.
///
/// For one thread at a time. https://docs.aws.amazon.com/lambda/latest/dg/runtimes-custom.html#runtimes-custom-response-streaming
public final class LambdaResponseStream: Sendable {
    /// How a stream came to its end.
    enum Outcome {
        case notBegun
        case delivered
        case failed(reason: String)
        /// Another thread still writes, with the client that it was lent.
        case stillWritten
    }

    private struct State {
        /// Away while a thread writes with it.
        var client: RuntimeClient?
        var isBegun = false
        var isEnded = false
        var cancellation: LambdaFailure?
        var byteCount = 0
        /// A descriptor of the same socket that nobody else closes; below 0 where there is none.
        var duplicate: Int32 = -1
        var brokenReason: String?
    }

    /// 200 MiB, Lambda's own limit for a stream (https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html).
    private static let bytesMax = 200 * 1024 * 1024

    private let state: Lock<State>
    private let context: LambdaContext

    init(_ client: RuntimeClient, _ context: LambdaContext) {
        state = Lock(State())
        self.context = context
        state.withLock { $0.client = client }
    }

    deinit {
        state.withLock { state in
            if state.duplicate >= 0 { close(state.duplicate) }
        }
    }

    /// Begins a stream of bytes of one media type; without it, the first `write` begins one of `application/octet-stream`.
    public func begin(contentType: String) throws(LambdaStreamError) { try begin(contentType: contentType, []) }

    /// Begins an HTTP response, which function URLs and API Gateway hand on with its status and fields.
    ///
    /// - Parameters:
    ///   - status: 200…599.
    ///   - headers: one value for each name; `Set-Cookie` belongs to `cookies`.
    ///   - cookies: what each `Set-Cookie` says.
    public func beginHTTP(
        status: Int = 200, headers: KeyValuePairs<String, String> = [:], cookies: [String] = []
    ) throws(LambdaStreamError) {
        var prelude = JSONWriter.object { writer in
            writer.member("statusCode", status)
            writer.member(
                "headers",
                object: { writer in
                    for header in headers { writer.member(header.key, header.value) }
                })
            writer.member("cookies", cookies)
        }
        prelude += [UInt8](repeating: 0, count: 8)
        try begin(contentType: "application/vnd.awslambda.http-integration-response", prelude)
    }

    /// Sends more of the response.
    public func write(_ bytes: [UInt8]) throws(LambdaStreamError) {
        guard !bytes.isEmpty else { return }
        if !state.withLock({ $0.isBegun }) { try begin(contentType: "application/octet-stream", []) }
        try withClient { client throws(RuntimeConnection.Failure) in
            try client.exchange.send(LambdaResponseStream.chunkHead(bytes.count), bytes + [0x0D, 0x0A])
        }
        let isTooLarge = state.withLock { state in
            state.byteCount += bytes.count
            return state.byteCount > LambdaResponseStream.bytesMax
        }
        if isTooLarge { throw .tooLarge(bytesMax: LambdaResponseStream.bytesMax) }
    }

    /// Sends more of the response, in UTF-8.
    public func write(_ text: String) throws(LambdaStreamError) { try write(Array(text.utf8)) }

    /// Ends the stream, with an error in its trailers if there is one.
    func finish(_ failure: LambdaFailure?) -> Outcome {
        let isBegun = state.withLock { $0.isBegun }
        if !isBegun {
            if failure != nil {
                state.withLock { $0.isEnded = true }
                return .notBegun
            }
            do throws(LambdaStreamError) { try begin(contentType: "application/octet-stream", []) } catch {
                return .failed(reason: error.description)
            }
        }
        let (client, reason) = state.withLock { state in
            if state.client == nil { state.cancellation = failure ?? LambdaFailure(LambdaStreamError.usedConcurrently) }
            defer {
                state.client = nil
                state.isEnded = true
            }
            return (state.client, state.brokenReason)
        }
        guard let client else { return .stillWritten }
        if let reason { return .failed(reason: reason) }
        return LambdaResponseStream.end(client, failure)
    }

    /// Ends the stream in the handler's stead.
    ///
    /// - Returns: whether it has not begun, so that the failure can be reported as an ordinary error.
    func abort(_ failure: LambdaFailure) -> Bool {
        let (client, isBegun) = state.withLock { state -> (RuntimeClient?, Bool) in
            state.cancellation = failure
            defer { if state.client != nil { state.isEnded = true } }
            guard state.isBegun else { return (nil, false) }
            defer { state.client = nil }
            return (state.client, true)
        }
        if let client { _ = LambdaResponseStream.end(client, failure) }
        return !isBegun
    }

    /// Ends a `write` that does not come back, by ending its connection.
    func interrupt() {
        state.withLock { state in
            if state.duplicate >= 0 { shutdown(state.duplicate, Int32(SHUT_RDWR)) }
        }
    }

    private func begin(contentType: String, _ prelude: [UInt8]) throws(LambdaStreamError) {
        try withClient(begins: true) { client throws(RuntimeConnection.Failure) in
            let exchange = client.exchange
            exchange.head.beginPost(context.requestID, "/response")
            exchange.head.add("Content-Type", contentType)
            exchange.head.add("Lambda-Runtime-Function-Response-Mode: streaming")
            exchange.head.add("Transfer-Encoding: chunked")
            exchange.head.add("Trailer: Lambda-Runtime-Function-Error-Type, Lambda-Runtime-Function-Error-Body")
            RuntimeClient.addInvocationID(context, to: &exchange.head)
            exchange.head.end()
            try exchange.open()
            let duplicate = fcntl(exchange.descriptor, F_DUPFD_CLOEXEC, 0)
            state.withLock { $0.duplicate = duplicate }
            if !prelude.isEmpty {
                try exchange.send(LambdaResponseStream.chunkHead(prelude.count), prelude + [0x0D, 0x0A])
            }
        }
    }

    /// Lends the client to `body`, and ends the stream after it if the time was up meanwhile.
    ///
    /// - Parameter begins: marks the stream as begun in the same step, so that it is either ended as a stream or not at all.
    private func withClient(
        begins: Bool = false, _ body: (RuntimeClient) throws(RuntimeConnection.Failure) -> Void
    ) throws(LambdaStreamError) {
        let client = try state.withLock { state throws(LambdaStreamError) -> RuntimeClient in
            if state.cancellation != nil { throw .canceled }
            if let reason = state.brokenReason { throw .interrupted(reason: reason) }
            if state.isEnded { throw .ended }
            guard let client = state.client else { throw .usedConcurrently }
            if begins, state.isBegun { throw .begunBefore }
            state.isBegun = state.isBegun || begins
            state.client = nil
            return client
        }
        var reason: String?
        do throws(RuntimeConnection.Failure) { try body(client) } catch { reason = error.reason }
        let cancellation = state.withLock { state -> LambdaFailure? in
            state.brokenReason = reason
            if state.cancellation == nil { state.client = client } else { state.isEnded = true }
            return state.cancellation
        }
        if let cancellation {
            if reason == nil { _ = LambdaResponseStream.end(client, cancellation) }
            throw .canceled
        }
        if let reason { throw .interrupted(reason: reason) }
    }

    private static func end(_ client: RuntimeClient, _ failure: LambdaFailure?) -> Outcome {
        var end = "0\r\n"
        if let failure {
            end += "Lambda-Runtime-Function-Error-Type: \(failure.type)\r\n"
            end += "Lambda-Runtime-Function-Error-Body: \(Base64.encode(failure.json))\r\n"
        }
        end += "\r\n"
        do throws(RuntimeConnection.Failure) {
            try client.exchange.send(Array(end.utf8), [])
            let status = try client.exchange.receive().status
            // Lambda asks for this after a stream.
            client.exchange.close()
            return 200..<300 ~= status ? .delivered : .failed(reason: "The API answered \(status).")
        } catch {
            return .failed(reason: error.reason)
        }
    }

    private static func chunkHead(_ count: Int) -> [UInt8] { Array((String(count, radix: 16) + "\r\n").utf8) }
}
