import Concurrency
import Resilience
import Telemetry

/// What all workers of a runtime have in common.
struct WorkerSettings: Sendable {
    enum Work: Sendable {
        case buffered(any LambdaHandler)
        case streaming(any StreamingLambdaHandler)
    }

    let work: Work
    let address: RuntimeAPIAddress
    let logger: Logger
    let retry: RetryPolicy
    let reserveMilliseconds: Int
    let table: InvocationTable
    /// nil where several invocations run at once: the environment has only one value.
    let traceVariable: TraceVariable?

    /// Lets the lines so far get out: Lambda takes an answer for the end of an invocation and its log, and freezes the process
    /// once it asks for the next event. Without lines it costs next to nothing.
    ///
    /// - Returns: false when nobody reads them.
    @discardableResult
    func flushLog() -> Bool { logger.flush(by: .after(milliseconds: WorkerSettings.logFlushMilliseconds)) }

    /// 50 ms: a reader takes lines in microseconds, and one that does not must not cost an invocation its time.
    private static let logFlushMilliseconds = 50
}

/// One loop: next event, handler, response or error, and again, until its assignment is another's.
final class InvocationWorker {
    private let settings: WorkerSettings
    private let assignment: InvocationTable.Assignment
    private var client: RuntimeClient
    private let cancellation = InvocationCancellation()

    init(_ settings: WorkerSettings, _ assignment: InvocationTable.Assignment) {
        self.settings = settings
        self.assignment = assignment
        client = RuntimeClient(settings.address)
    }

    /// Ends when the worker was replaced, when the process is about to end, or when no event is to be had, which is the
    /// table's to tell.
    func run() {
        var number: UInt64 = 0
        while settings.table.mayAsk(assignment) {
            number += 1
            do throws(LambdaRuntimeError) {
                guard let invocation = try next(number) else { return }
                guard handle(invocation.event, invocation.context) else { return }
            } catch {
                settings.table.fail(error)
                return
            }
        }
    }

    /// The next event; nil when none is wanted any more.
    private func next(
        _ number: UInt64
    ) throws(LambdaRuntimeError) -> (context: LambdaContext, event: [UInt8])? {
        settings.flushLog()
        var attempt = 1
        while true {
            do throws(RuntimeClient.Failure) {
                return try client.next(cancellation, number: number, logger: settings.logger)
            } catch {
                // The API may end before this process does.
                if settings.table.isDraining { return nil }
                guard
                    let pause = settings.retry.pauseMilliseconds(
                        afterAttempt: attempt, by: .after(milliseconds: settings.retry.capMilliseconds + 1000))
                else { throw .nextFailed(attempts: attempt, reason: error.reason) }
                settings.logger.warning(
                    "The runtime API gave no next event; asking again.",
                    ["attempt": attempt, "pauseMilliseconds": pause, "reason": error.reason])
                Thread.sleep(milliseconds: pause)
                attempt += 1
            }
        }
    }

    /// - Returns: whether the assignment is still this worker's.
    private func handle(_ event: [UInt8], _ context: LambdaContext) -> Bool {
        settings.traceVariable?.set(context.traceID)
        switch settings.work {
        case .buffered(let handler):
            begin(context, nil)
            do {
                let response = try handler.handle(event, context)
                return finish(context) { respond(response, to: context) }
            } catch {
                return finish(context) { report(LambdaFailure(error), to: context) }
            }
        case .streaming(let handler):
            let stream = LambdaResponseStream(client, context)
            begin(context, stream)
            var failure: LambdaFailure?
            do { try handler.handle(event, context, stream) } catch { failure = LambdaFailure(error) }
            let isStillAssigned = finish(context) { end(stream, failure, context) }
            // A thread of the handler's may still write with the one that the stream was lent.
            if context.isCancelled { client = RuntimeClient(settings.address) }
            return isStillAssigned
        }
    }

    private func begin(_ context: LambdaContext, _ stream: LambdaResponseStream?) {
        let remaining = context.deadline.remainingMilliseconds
        // Half of what is left where the reserve would leave the handler less.
        let reserve = min(settings.reserveMilliseconds, remaining / 2)
        settings.table.begin(
            assignment, InvocationTable.Running(context: context, stream: stream),
            cancelAt: remaining > 0 ? context.deadline.earlier(milliseconds: reserve) : nil)
    }

    private func finish(_ context: LambdaContext, answer: () -> Void) -> Bool {
        let finish = settings.table.finish(
            assignment, limit: .after(milliseconds: 2 * RuntimeClient.timeoutMilliseconds))
        if case .answer = finish {
            answer()
            return true
        }
        settings.logger.warning(
            "A handler ended after its invocation was answered with a timeout; its result is dropped.",
            ["requestId": context.requestID])
        if case .late = finish { return true }
        return false
    }

    /// After a refusal, 413 for a response that is too large for one, Lambda takes no error for the same request: the
    /// next event is all that is left to ask for.
    private func respond(_ body: [UInt8], to context: LambdaContext) {
        guard body.count <= LambdaFailure.responseBytesMax else {
            return report(.responseTooLarge(byteCount: body.count), to: context)
        }
        settings.flushLog()
        do throws(RuntimeClient.Failure) {
            try client.respond(body, to: context)
        } catch {
            settings.logger.error(
                "A response could not be delivered.",
                ["requestId": context.requestID, "responseBytes": body.count, "reason": error.reason])
        }
    }

    private func report(_ failure: LambdaFailure, to context: LambdaContext) {
        settings.logger.error(
            "The handler failed.",
            ["requestId": context.requestID, "errorType": failure.type, "errorMessage": failure.message])
        settings.flushLog()
        do throws(RuntimeClient.Failure) {
            try client.report(failure, to: context)
        } catch {
            settings.logger.error(
                "An error could not be delivered.", ["requestId": context.requestID, "reason": error.reason])
        }
    }

    private func end(_ stream: LambdaResponseStream, _ failure: LambdaFailure?, _ context: LambdaContext) {
        settings.flushLog()
        switch stream.finish(failure) {
        case .notBegun:
            if let failure { report(failure, to: context) }
        case .delivered:
            if let failure {
                settings.logger.error(
                    "The handler failed within its stream.",
                    ["requestId": context.requestID, "errorType": failure.type, "errorMessage": failure.message])
            }
        case .failed(let reason):
            settings.logger.error(
                "A stream could not be delivered.", ["requestId": context.requestID, "reason": reason])
        case .stillWritten:
            client = RuntimeClient(settings.address)
            settings.logger.error(
                "The handler returned while another thread wrote its stream.", ["requestId": context.requestID])
        }
    }
}
