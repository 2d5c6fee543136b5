import HTTPMessages
import IdempotentReplies
import MySQL
import WebApplication

extension Response {
    static func gateway(_ reply: GatewayReply) -> Response {
        var response = Response.json(Status(reply.status), reply.body)
        if reply.isReplay { response.headers["Idempotent-Replayed"] = "true" }
        return response
    }

    static func gateway(_ error: GatewayError) -> Response {
        var response = Response.json(Status(error.status), error.body)
        if error.status == Status.tooManyRequests.code { response.headers["Retry-After"] = "1" }
        return response
    }

    /// - Throws: the problem of a database that did not let it happen.
    static func gateway(_ failure: GatewayFailure) throws(Problem) -> Response {
        switch failure {
        case .refused(let error): return .gateway(error)
        case .keyTaken: return .gateway(GatewayError.keyInUse)
        case .database(.lockWaitTimeout): return .gateway(GatewayError.lockTimeout)
        case .database(let error): throw Problem(error)
        }
    }
}
