package import HTTPMessages

extension Problem {
    /// What a client is told when the server refuses its request.
    package init(_ refusal: RequestRefusal) {
        switch refusal {
        case .malformedRequest(let detail):
            self.init(.malformedRequest, detail: detail)
        case .bodyTooLarge(let bytesMax):
            self.init(
                .bodyTooLarge, detail: "A request body may have at most \(bytesMax) bytes.")
        case .targetTooLong(let bytesMax, let queryFieldsMax):
            self.init(
                .uriTooLong,
                detail: "A request target may have at most \(bytesMax) bytes and \(queryFieldsMax) query parameters.")
        case .headersTooLarge(let bytesMax, let fieldsMax):
            self.init(
                .headersTooLarge, detail: "A request head may have at most \(bytesMax) bytes and \(fieldsMax) fields.")
        case .expectationFailed:
            self.init(
                .expectationFailed, detail: "The only expectation that is met is 100-continue.")
        case .transferEncodingUnknown:
            self.init(
                .notImplemented, detail: "The only transfer encoding that is understood is chunked.")
        case .overloaded:
            self.init(
                .overloaded, detail: "More requests are waiting than can be served in time.",
                retryAfterSeconds: 1)
        case .shuttingDown:
            self.init(
                .shuttingDown, detail: "This instance is shutting down; another one will answer.",
                retryAfterSeconds: 1)
        case .deadlineExceeded: self = .deadlineExceeded
        case .unwritableResponse:
            self.init(
                .internalError, detail: "Something went wrong on this side.")
        }
    }
}
