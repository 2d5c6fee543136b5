package import Concurrency
package import HTTPMessages
private import Telemetry

/// The headers that every operation understands.
package enum RequestHeaders {
    /// Enough for a UUID, a URN or a vendor's trace header; longer values would only swell every log line.
    package static let correlationIDLengthMax = 128
    /// What is said of a text that is no correlation id.
    package static let correlationIDRule = "Must have 1 to \(correlationIDLengthMax) visible ASCII characters."
    /// 10 s: API Gateway gives up after 30 s, people much earlier.
    package static let timeoutMillisecondsDefault = 10_000
    package static let timeoutMillisecondsMax = 60_000

    /// The caller's `X-Correlation-Id`; nil when there is none.
    ///
    /// - Throws: a problem of status 400 for one that is empty, too long or not visible ASCII.
    package static func correlationID(_ request: Request) throws(Problem) -> String? {
        guard let value = request.headers["X-Correlation-Id"] else { return nil }
        guard isCorrelationID(value) else {
            throw .invalidHeader("X-Correlation-Id", "1 to \(correlationIDLengthMax) visible ASCII characters.")
        }
        return value
    }

    /// Whether a text can serve as a correlation id: 1 to 128 visible ASCII characters.
    package static func isCorrelationID(_ text: String) -> Bool {
        1...correlationIDLengthMax ~= text.utf8.count && text.utf8.allSatisfy { 0x21...0x7E ~= $0 }
    }

    /// The deadline that the caller's `X-Request-Timeout-Ms` sets, counted from when the request's head had been read.
    ///
    /// - Throws: a problem of status 400 for anything but a whole number from 1 to 60,000.
    package static func deadline(_ request: Request, receivedAt uptimeNanoseconds: UInt64) throws(Problem) -> Deadline {
        var milliseconds = timeoutMillisecondsDefault
        if let value = request.headers["X-Request-Timeout-Ms"] {
            guard let number = Int(digits: value), 1...timeoutMillisecondsMax ~= number else {
                throw .invalidHeader(
                    "X-Request-Timeout-Ms", "a whole number of milliseconds from 1 to \(timeoutMillisecondsMax).")
            }
            milliseconds = number
        }
        return Deadline(uptimeNanoseconds: uptimeNanoseconds + UInt64(milliseconds) * 1_000_000)
    }
}
