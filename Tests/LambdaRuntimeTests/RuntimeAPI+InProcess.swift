import Concurrency
import LambdaRuntime
import Resilience
import ScriptedServer
import Telemetry
import Testing

extension RuntimeAPI {
    /// What a loop that ran against the script did.
    struct Outcome {
        let posts: [Post]
        let error: LambdaRuntimeError?
        let log: [String]
        let acceptedCount: Int
    }

    /// Runs a loop in this process until it has asked for one event more than there are, or has given up.
    static func run(
        _ steps: [Next], handler: some LambdaHandler, answer: @escaping @Sendable (Int) -> Answer = { _ in .accepted }
    ) throws -> Outcome {
        try run(steps, answer: answer) { try LambdaRuntime(handler: handler, configuration: $0) }
    }

    static func run(
        _ steps: [Next], answer: @escaping @Sendable (Int) -> Answer = { _ in .accepted },
        make: (LambdaRuntimeConfiguration) throws -> LambdaRuntime
    ) throws -> Outcome {
        let api = RuntimeAPI(steps, answer: answer)
        let server = try ScriptedServer { api.serve($0) }
        defer { server.stop() }
        let log = Lock<[String]>([])
        let sink = LogSink { line in log.withLock { $0.append(String(decoding: line, as: UTF8.self)) } }
        var configuration = LambdaRuntimeConfiguration(
            api: "127.0.0.1:\(server.port)", logger: Logger(service: "test", sink: sink))
        configuration.retry = RetryPolicy(attemptsMax: 3, baseMilliseconds: 5, capMilliseconds: 10)
        // The process is the test's: its signals are not the loop's to take.
        configuration.drainsOnTermination = false
        let runtime = try make(configuration)
        let error = Lock<LambdaRuntimeError?>(nil)
        let thread = try #require(
            Thread.start {
                do throws(LambdaRuntimeError) {
                    try runtime.run()
                } catch let failure {
                    error.withLock { $0 = failure }
                    api.finish()
                }
            })
        #expect(api.waitUntilFinished(), "the loop stood still")
        let acceptedCount = server.acceptedCount
        // Stopping the server makes the loop log and fail, which is not what the script was about.
        let errorBeforeStop = error.withLock { $0 }
        let logBeforeStop = log.withLock { $0 }
        server.stop()
        thread.join()
        return Outcome(
            posts: api.posts, error: errorBeforeStop, log: logBeforeStop, acceptedCount: acceptedCount)
    }
}

struct ClosureHandler: LambdaHandler {
    let body: @Sendable ([UInt8], LambdaContext) throws -> [UInt8]

    func handle(_ event: [UInt8], _ context: LambdaContext) throws -> [UInt8] { try body(event, context) }

    static let echo = ClosureHandler { event, _ in event }
}
