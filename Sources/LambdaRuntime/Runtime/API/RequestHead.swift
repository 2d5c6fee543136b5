private import HTTPMessages

/// The request line and fields of one request, in memory that the next one uses again.
struct RequestHead {
    private(set) var bytes: [UInt8] = []
    /// The fields that every request has, with what stands before them in the request line.
    private let common: [UInt8]
    private let basePath: [UInt8]

    init(_ address: RuntimeAPIAddress) {
        common = Array(
            " HTTP/1.1\r\nHost: \(address.authority)\r\nUser-Agent: \(RequestHead.userAgent)\r\n".utf8)
        basePath = Array(address.basePath.utf8)
        bytes.reserveCapacity(1024)
    }

    mutating func begin(_ method: StaticString, _ target: StaticString) {
        start(method)
        append(target)
        bytes.append(contentsOf: common)
    }

    /// - Parameter action: what follows the request id in the path, `/response` or `/error`.
    mutating func beginPost(_ requestID: String, _ action: StaticString) {
        start("POST ")
        append("/2018-06-01/runtime/invocation/")
        if requestID.utf8.allSatisfy(HTTPSyntax.isUnreserved) {
            bytes.append(contentsOf: requestID.utf8)
        } else {
            bytes.append(contentsOf: PercentEncoding.encode(requestID).utf8)
        }
        append(action)
        bytes.append(contentsOf: common)
    }

    /// A field whose value is the runtime's own.
    mutating func add(_ line: StaticString) {
        append(line)
        append("\r\n")
    }

    /// A field whose value came from elsewhere; left out where it could end the line.
    mutating func add(_ name: StaticString, _ value: String) {
        guard HTTPSyntax.isFieldValue(value) else { return }
        append(name)
        append(": ")
        bytes.append(contentsOf: value.utf8)
        append("\r\n")
    }

    mutating func addContentLength(_ count: Int) {
        append("Content-Length: ")
        var divisor = 1
        while count / divisor >= 10 { divisor *= 10 }
        while divisor > 0 {
            bytes.append(UInt8(ascii: "0") + UInt8(count / divisor % 10))
            divisor /= 10
        }
        append("\r\n")
    }

    mutating func end() { append("\r\n") }

    private mutating func start(_ method: StaticString) {
        bytes.removeAll(keepingCapacity: true)
        append(method)
        bytes.append(contentsOf: basePath)
    }

    private mutating func append(_ text: StaticString) {
        bytes.append(contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    /// Lambda shows it in its own telemetry.
    private static let userAgent = "orchestrator-lambda-runtime/1.0"
}
