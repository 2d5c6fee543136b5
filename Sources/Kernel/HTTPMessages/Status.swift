/// A response status (RFC 9110 section 15, RFC 6585).
public struct Status: Sendable, Hashable, CustomStringConvertible {
    /// The three digits.
    public let code: Int
    /// The status of this code, known or not.
    public init(_ code: Int) { self.code = code }

    /// 200.
    public static let ok = Status(200)
    /// 201.
    public static let created = Status(201)
    /// 202.
    public static let accepted = Status(202)
    /// 204.
    public static let noContent = Status(204)
    /// 304.
    public static let notModified = Status(304)
    /// 400.
    public static let badRequest = Status(400)
    /// 401.
    public static let unauthorized = Status(401)
    /// 403.
    public static let forbidden = Status(403)
    /// 404.
    public static let notFound = Status(404)
    /// 405.
    public static let methodNotAllowed = Status(405)
    /// 409.
    public static let conflict = Status(409)
    /// 410.
    public static let gone = Status(410)
    /// 412.
    public static let preconditionFailed = Status(412)
    /// 413.
    public static let contentTooLarge = Status(413)
    /// 414.
    public static let uriTooLong = Status(414)
    /// 415.
    public static let unsupportedMediaType = Status(415)
    /// 417.
    public static let expectationFailed = Status(417)
    /// 422.
    public static let unprocessableContent = Status(422)
    /// 429.
    public static let tooManyRequests = Status(429)
    /// 431.
    public static let headerFieldsTooLarge = Status(431)
    /// 500.
    public static let internalServerError = Status(500)
    /// 501.
    public static let notImplemented = Status(501)
    /// 503.
    public static let serviceUnavailable = Status(503)
    /// 504.
    public static let gatewayTimeout = Status(504)

    /// Whether the code is 2xx.
    public var isSuccess: Bool { 200..<300 ~= code }
    /// Whether the code is 5xx.
    public var isServerError: Bool { code >= 500 }
    /// The three digits.
    public var description: String { String(code) }

    /// The phrase of the registry, which is also the `title` of a problem without a type of its own.
    public var reason: String {
        switch code {
        case 200: "OK"
        case 201: "Created"
        case 202: "Accepted"
        case 204: "No Content"
        case 304: "Not Modified"
        case 400: "Bad Request"
        case 401: "Unauthorized"
        case 403: "Forbidden"
        case 404: "Not Found"
        case 405: "Method Not Allowed"
        case 406: "Not Acceptable"
        case 408: "Request Timeout"
        case 409: "Conflict"
        case 410: "Gone"
        case 412: "Precondition Failed"
        case 413: "Content Too Large"
        case 414: "URI Too Long"
        case 415: "Unsupported Media Type"
        case 417: "Expectation Failed"
        case 422: "Unprocessable Content"
        case 429: "Too Many Requests"
        case 431: "Request Header Fields Too Large"
        case 500: "Internal Server Error"
        case 501: "Not Implemented"
        case 502: "Bad Gateway"
        case 503: "Service Unavailable"
        case 504: "Gateway Timeout"
        default: "Status \(code)"
        }
    }
}
