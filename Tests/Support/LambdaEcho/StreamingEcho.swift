private import Glibc
import LambdaRuntime

/// Streams `pieces` pieces of `bytes` bytes, and then fails, or waits, as the event says.
struct StreamingEcho: StreamingLambdaHandler {
    func handle(_ event: [UInt8], _ context: LambdaContext, _ response: LambdaResponseStream) throws {
        let command = try Command(event)
        if command.name == "throw" {
            throw NamedError(type: command.string("type"), description: command.string("message"))
        }
        if command.name == "http" {
            try response.beginHTTP(
                status: command.integer("status"), headers: ["Content-Type": "text/plain"], cookies: ["a=1"])
        }
        for piece in 0..<command.integer("pieces") {
            try response.write(
                [UInt8](repeating: UInt8(ascii: "a") + UInt8(piece % 26), count: command.integer("bytes")))
        }
        switch command.name {
        case "breakOff": throw NamedError(type: command.string("type"), description: command.string("message"))
        case "waitForCancellation":
            while !context.isCancelled { usleep(5000) }
            try response.write("late")
        case "sleep": usleep(UInt32(command.integer("milliseconds")) * 1000)
        default: break
        }
    }
}

/// Awaits instead of blocking.
struct AsyncEcho: AsyncLambdaHandler {
    func handle(_ event: [UInt8], _ context: LambdaContext) async throws -> [UInt8] {
        let command = try Command(event)
        switch command.name {
        case "sleep": try await Task.sleep(for: .milliseconds(command.integer("milliseconds")))
        case "throw": throw NamedError(type: command.string("type"), description: command.string("message"))
        default: break
        }
        return event
    }
}
