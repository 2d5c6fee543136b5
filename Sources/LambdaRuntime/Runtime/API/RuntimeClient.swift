import Telemetry

/// The Lambda Runtime API (version 2018-06-01) from a runtime's side, over one kept-alive connection.
///
/// https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
final class RuntimeClient {
    /// A call of the API that failed.
    struct Failure: Error, CustomStringConvertible {
        /// Why, in a sentence for the log.
        let reason: String
        var description: String { reason }
    }

    let exchange: RuntimeExchange

    init(_ address: RuntimeAPIAddress, timeoutMilliseconds: Int = RuntimeClient.timeoutMilliseconds) {
        exchange = RuntimeExchange(address, timeoutMilliseconds: timeoutMilliseconds)
    }

    /// 10 s: the API is on the same machine and takes 6 MiB in milliseconds.
    static let timeoutMilliseconds = 10_000

    /// Waits for the next event, without limit: between two events Lambda freezes the process for as long as it likes.
    func next(
        _ cancellation: InvocationCancellation, number: UInt64, logger: Logger
    ) throws(Failure) -> (context: LambdaContext, event: [UInt8]) {
        exchange.head.begin("GET ", "/2018-06-01/runtime/invocation/next")
        exchange.head.end()
        let event = try perform([], .onStaleConnection, waitsForStart: true)
        let context = LambdaContext(
            cancellation: cancellation, number: number, logger: logger, field: exchange.field)
        guard let context else { throw Failure(reason: "The event has no request id.") }
        return (context, event)
    }

    /// Answers an invocation.
    ///
    /// - Parameter body: at most `LambdaFailure.responseBytesMax`.
    func respond(_ body: [UInt8], to context: LambdaContext) throws(Failure) {
        exchange.head.beginPost(context.requestID, "/response")
        exchange.head.add("Content-Type: application/json")
        try post(body, context)
    }

    /// Answers an invocation with an error.
    func report(_ failure: LambdaFailure, to context: LambdaContext) throws(Failure) {
        exchange.head.beginPost(context.requestID, "/error")
        try post(failure, context)
    }

    /// Says why the process ends before it asks for an event.
    func reportInitialization(_ failure: LambdaFailure) throws(Failure) {
        exchange.head.begin("POST ", "/2018-06-01/runtime/init/error")
        try post(failure, nil)
    }

    /// Calls the Extensions API (version 2020-01-01) so that Lambda sends SIGTERM before it ends the process.
    ///
    /// https://docs.aws.amazon.com/lambda/latest/dg/runtimes-extensions-api.html
    ///
    /// - Returns: the extension's identifier.
    func registerExtension(name: String) throws(Failure) -> String {
        let body = Array("{\"events\":[]}".utf8)
        exchange.head.begin("POST ", "/2020-01-01/extension/register")
        exchange.head.add("Lambda-Extension-Name", name)
        exchange.head.add("Content-Type: application/json")
        exchange.head.addContentLength(body.count)
        exchange.head.end()
        _ = try perform(body, .never)
        guard let identifier = exchange.field("Lambda-Extension-Identifier") else {
            throw Failure(reason: "The reply names no extension.")
        }
        return identifier
    }

    /// Waits, without limit, for an event that never comes, since none was registered for: Lambda counts an extension as ready
    /// only once it asks.
    func waitForExtensionEvent(_ identifier: String) throws(Failure) {
        exchange.head.begin("GET ", "/2020-01-01/extension/event/next")
        exchange.head.add("Lambda-Extension-Identifier", identifier)
        exchange.head.end()
        _ = try perform([], .never, waitsForStart: true)
    }

    /// What an invocation that may be there twice is told apart by.
    static func addInvocationID(_ context: LambdaContext, to head: inout RequestHead) {
        if let invocationID = context.invocationID { head.add("Lambda-Runtime-Invocation-Id", invocationID) }
    }

    private func post(_ failure: LambdaFailure, _ context: LambdaContext?) throws(Failure) {
        exchange.head.add("Content-Type: application/vnd.aws.lambda.error+json")
        exchange.head.add("Lambda-Runtime-Function-Error-Type", failure.type)
        exchange.head.add("Lambda-Runtime-Function-XRay-Error-Cause", failure.xrayCause)
        try post(failure.json, context)
    }

    private func post(_ body: [UInt8], _ context: LambdaContext?) throws(Failure) {
        if let context { RuntimeClient.addInvocationID(context, to: &exchange.head) }
        exchange.head.addContentLength(body.count)
        exchange.head.end()
        _ = try perform(body, .onBrokenConnection)
    }

    private func perform(
        _ body: [UInt8], _ repetition: RuntimeExchange.Repetition, waitsForStart: Bool = false
    ) throws(Failure) -> [UInt8] {
        let reply: (status: Int, body: [UInt8])
        do throws(RuntimeConnection.Failure) {
            reply = try exchange.perform(body, repetition, waitsForStart: waitsForStart)
        } catch {
            throw Failure(reason: error.reason)
        }
        guard 200..<300 ~= reply.status else { throw Failure(reason: "The API answered \(reply.status).") }
        return reply.body
    }
}
