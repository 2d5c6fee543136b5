private import HTTPClient
import HTTPTypes

/// The Lambda Runtime API (version 2018-06-01) from a runtime's side, over one kept-alive connection.
final class RuntimeClient {
    struct Invocation {
        let context: LambdaContext
        let event: [UInt8]
    }

    /// A call of the API that failed; the text says why.
    struct Failure: Error, CustomStringConvertible {
        let reason: String
        var description: String { reason }
    }

    private let origin: Origin
    private let handle: CurlHandle

    /// - Parameter api: what `AWS_LAMBDA_RUNTIME_API` holds.
    init(api: String) throws(LambdaRuntimeError) {
        guard let origin = Origin("http://\(api)") else { throw .invalidAPIAddress(api) }
        self.origin = origin
        var configuration = CurlTransportConfiguration()
        configuration.connectionsPerHandleMax = 1
        configuration.caBundlePath = nil
        // With libcurl's own, smaller buffers an event of 1 MB and its response take a quarter longer.
        configuration.receiveBufferBytes = 512 * 1024
        configuration.uploadBufferBytes = 2 * 1024 * 1024
        do throws(TransportError) {
            handle = try CurlHandle(configuration: configuration)
        } catch {
            throw .clientUnavailable(reason: error.message)
        }
    }

    /// Waits for the next event, without limit: between two events Lambda freezes the process for as long as it likes.
    func next() throws(Failure) -> Invocation {
        let response: Response
        do throws(TransportError) {
            response = try handle.perform(
                Request(.get, "/2018-06-01/runtime/invocation/next"), to: origin, timeoutMilliseconds: nil)
        } catch {
            throw Failure(reason: error.message)
        }
        guard response.status == .ok else { throw Failure(reason: "The API answered \(response.status).") }
        guard let context = LambdaContext(response.headers) else {
            throw Failure(reason: "The event has no request id.")
        }
        return Invocation(context: context, event: response.body)
    }

    func respond(_ body: [UInt8], to context: LambdaContext) throws(Failure) {
        try post(
            "/2018-06-01/runtime/invocation/\(PercentEncoding.encode(context.requestID))/response", body: body,
            invocationID: context.invocationID)
    }

    func report(_ failure: LambdaFailure, to context: LambdaContext) throws(Failure) {
        try post(
            "/2018-06-01/runtime/invocation/\(PercentEncoding.encode(context.requestID))/error", body: failure.json,
            invocationID: context.invocationID, errorType: failure.type)
    }

    func reportInitialization(_ failure: LambdaFailure) throws(Failure) {
        try post("/2018-06-01/runtime/init/error", body: failure.json, errorType: failure.type)
    }

    private func post(
        _ target: String, body: [UInt8], invocationID: String? = nil, errorType: String? = nil
    ) throws(Failure) {
        var request = Request(.post, target, headers: ["Content-Type": "application/json"], body: body)
        if let invocationID { request.headers.append("Lambda-Runtime-Invocation-Id", invocationID) }
        if let errorType { request.headers.append("Lambda-Runtime-Function-Error-Type", errorType) }
        let status: Status
        do throws(TransportError) {
            status = try postOnceOrTwice(request).status
        } catch {
            throw Failure(reason: error.message)
        }
        guard status.isSuccess else { throw Failure(reason: "The API answered \(status).") }
    }

    /// A dropped connection is worth one more attempt: the request id makes the second of two that arrive an error.
    private func postOnceOrTwice(_ request: Request) throws(TransportError) -> Response {
        do throws(TransportError) {
            return try handle.perform(request, to: origin, timeoutMilliseconds: RuntimeClient.postTimeoutMilliseconds)
        } catch .notSent, .maybeSent {
            return try handle.perform(request, to: origin, timeoutMilliseconds: RuntimeClient.postTimeoutMilliseconds)
        }
    }

    /// 10 s: the API is on the same machine and takes 6 MiB in milliseconds.
    private static let postTimeoutMilliseconds = 10_000
}
