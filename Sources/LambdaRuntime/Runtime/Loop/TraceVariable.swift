private import Concurrency
private import Glibc

/// `_X_AMZN_TRACE_ID`, where tracing libraries look for the trace of the invocation.
///
/// https://docs.aws.amazon.com/lambda/latest/dg/runtimes-custom.html
///
/// `putenv` with memory of its own: `setenv` keeps every value that there ever was. Two buffers in turn, so that a value which
/// somebody looked up stays whole until the event after the next.
final class TraceVariable: Sendable {
    private struct State {
        let buffers: [UnsafeMutablePointer<CChar>]
        var turn = 0
        var isSet = true
    }

    private static let name = "_X_AMZN_TRACE_ID"
    /// Lambda's take some hundred.
    private static let bytesMax = 1024
    private let state: Lock<State>

    /// The memory is never freed, since the environment may name it until the process ends.
    init() {
        state = Lock(State(buffers: (0..<2).map { _ in .allocate(capacity: TraceVariable.bytesMax) }))
    }

    func set(_ traceID: String?) {
        state.withLock { state in
            guard let traceID, TraceVariable.name.utf8.count + traceID.utf8.count + 2 <= TraceVariable.bytesMax else {
                if state.isSet { unsetenv(TraceVariable.name) }
                state.isSet = false
                return
            }
            let buffer = state.buffers[state.turn]
            state.turn = 1 - state.turn
            let nameCount = TraceVariable.name.utf8.count
            memcpy(buffer, TraceVariable.name + "=", nameCount + 1)
            memcpy(buffer + nameCount + 1, traceID, traceID.utf8.count + 1)
            putenv(buffer)
            state.isSet = true
        }
    }
}
