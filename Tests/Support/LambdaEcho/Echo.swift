private import Concurrency
private import Glibc
private import JSON
import LambdaRuntime
private import Telemetry

/// Returns the event as it came, whatever it is.
struct RawEcho: LambdaHandler {
    func handle(_ event: [UInt8], _ context: LambdaContext) throws -> [UInt8] { event }
}

/// Does what the event says, and echoes one that says nothing.
struct Echo: LambdaHandler {
    struct NoPurpose: Error {}

    init() throws {
        if getenv("LAMBDA_ECHO_INIT") != nil { throw NoPurpose() }
    }

    func handle(_ event: [UInt8], _ context: LambdaContext) throws -> [UInt8] {
        let command = try Command(event)
        switch command.name {
        case "sleep":
            print("sleeping")
            fflush(nil)
            usleep(UInt32(command.integer("milliseconds")) * 1000)
        case "waitForCancellation":
            while !context.isCancelled { usleep(5000) }
        case "throw": throw NamedError(type: command.string("type"), description: command.string("message"))
        case "size": return [UInt8](repeating: UInt8(ascii: "7"), count: command.integer("bytes"))
        case "exit": exit(Int32(command.integer("status")))
        case "log": context.logger.with("detail", command.string("detail")).warning(command.string("message"))
        case "context": return Echo.description(of: context)
        default: break
        }
        return event
    }

    static func sayGoodbye() {
        print("goodbye")
        fflush(nil)
    }

    /// What the handler knows of its invocation, with the process that it runs in.
    private static func description(of context: LambdaContext) -> [UInt8] {
        JSONWriter.object { writer in
            writer.member("requestID", context.requestID)
            writer.member("remainingMilliseconds", context.deadline.remainingMilliseconds)
            writer.member("arn", context.invokedFunctionARN)
            writer.member("traceID", context.traceID)
            writer.member("traceVariable", getenv("_X_AMZN_TRACE_ID").map { String(cString: $0) })
            writer.member("clientContext", context.clientContext)
            writer.member("cognitoIdentity", context.cognitoIdentity)
            writer.member("tenantID", context.tenantID)
            writer.member("invocationID", context.invocationID)
            writer.member("processID", Int(getpid()))
        }
    }
}

extension NamedError: LambdaReportableError {
    var lambdaErrorType: String { type.isEmpty ? "NamedError" : type }
}
