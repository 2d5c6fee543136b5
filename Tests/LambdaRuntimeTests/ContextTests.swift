import BlockingTesting
import Concurrency
import LambdaRuntime
import Telemetry
import Testing

@Suite(.blocking) struct ContextTests {
    @Test func `a handler can be tested with a context of one's own`() throws {
        let lines = Lock<[String]>([])
        let sink = LogSink { line in lines.withLock { $0.append(String(decoding: line, as: UTF8.self)) } }
        let context = LambdaContext(
            requestID: "r-1", deadline: .after(milliseconds: 5000), tenantID: "t",
            logger: Logger(service: "s", sink: sink))
        let handler = ClosureHandler { event, context in
            context.logger.info("seen")
            return context.isCancelled ? [] : event
        }
        #expect(try handler.handle([1], context) == [1])
        #expect(context.tenantID == "t")
        #expect(lines.withLock { $0 }.first?.contains(#""message":"seen","requestId":"r-1""#) == true)
    }

    @Test func `a concurrency out of range is refused before anything is sent`() throws {
        var configuration = LambdaRuntimeConfiguration(api: "127.0.0.1:1", logger: Logger(service: "s"))
        configuration.concurrency = 0
        let runtime = try LambdaRuntime(handler: ClosureHandler.echo, configuration: configuration)
        #expect(throws: LambdaRuntimeError.invalidConcurrency("0")) { () throws(LambdaRuntimeError) in
            try runtime.run()
        }
    }
}
