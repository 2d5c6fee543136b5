/// The head of a request, taken line by line (RFC 9112 sections 2 to 6).
///
/// It refuses whatever two readers could read differently, even where a server may be lenient: lines that end with a bare
/// LF, folded fields, surplus blanks, control characters, a length that is given twice or beside an encoding. A proxy in
/// front that reads the same bytes otherwise would let one request hide in another (request smuggling).
struct RequestHead {
    enum Body: Equatable {
        case none
        /// `Int.max` for a number that does not fit.
        case counted(Int)
        case chunked
    }

    private let limits: MessageLimits
    private var bytesLeft: Int
    /// As far as it has been read, without its body; nil before its first line.
    private(set) var request: Request?
    /// Whether the connection ends with the answer.
    private(set) var closes = true
    /// Whether the client speaks HTTP/1.0; every later 1.x is 1.1 to us (RFC 9112 section 2.3).
    private var isVersion10 = false
    private var hostCount = 0
    private var lengthCount = 0
    /// Nil where it is no number.
    private var length: Int?
    private var encodingCount = 0
    private var isChunked = false
    private var isExpecting = false
    /// What is wrong with a field that is well-formed; the first counts, once the head is whole.
    private var refusal: RequestRefusal?

    init(_ limits: MessageLimits) {
        self.limits = limits
        bytesLeft = limits.headerBytesMax
    }

    /// Whether nothing has been read.
    var isEmpty: Bool { bytesLeft == limits.headerBytesMax }

    /// Takes the lines that are whole.
    ///
    /// - Parameter position: where to begin; becomes the place behind what was read.
    /// - Returns: whether the head is whole.
    /// - Throws: `.malformedRequest`, `.targetTooLong` or `.headersTooLarge`.
    mutating func read(_ text: MessageLexer, at position: inout Int) throws(RequestRefusal) -> Bool {
        while let line = try nextLine(text, position) {
            position = line.upperBound + 2
            bytesLeft -= line.count + 2
            if request != nil {
                if line.isEmpty { return true }
                try readField(text, line)
            } else if !line.isEmpty {
                // Empty lines before a request are skipped (RFC 9112 section 2.2); they count as part of the head.
                try readRequestLine(text, line)
            }
        }
        return false
    }

    /// How the body comes, and whether the client sends it only when told to (RFC 9110 section 10.1.1).
    ///
    /// - Throws: `.malformedRequest`, `.transferEncodingUnknown` or `.expectationFailed`.
    func framing() throws(RequestRefusal) -> (body: Body, isAwaitingContinue: Bool) {
        if let refusal { throw refusal }
        guard hostCount == 1 || (hostCount == 0 && isVersion10) else {
            throw .malformedRequest("A request has exactly one Host field.")
        }
        let body = try body()
        return (body, isExpecting && !isVersion10 && body != .none)
    }

    /// A length beside an encoding is refused even where RFC 9112 section 6.3 lets a server choose one: a proxy in front may
    /// have chosen the other.
    private func body() throws(RequestRefusal) -> Body {
        if encodingCount > 0 {
            guard encodingCount == 1, lengthCount == 0, !isVersion10 else {
                throw .malformedRequest("The length of the body is given in more than one way.")
            }
            guard isChunked else { throw .transferEncodingUnknown }
            return .chunked
        }
        guard lengthCount > 0 else { return .none }
        guard lengthCount == 1, let length else {
            throw .malformedRequest("Content-Length must be given once, as a number.")
        }
        return length == 0 ? .none : .counted(length)
    }

    private func nextLine(_ text: MessageLexer, _ position: Int) throws(RequestRefusal) -> Range<Int>? {
        do throws(MessageMistake) {
            return try text.line(from: position, bytesMax: bytesLeft, tooLong: .headTooLarge)
        } catch {
            guard error == .headTooLarge else { throw RequestRefusal(error) }
            throw request == nil ? limits.targetTooLong : limits.headersTooLarge
        }
    }

    private mutating func readRequestLine(_ text: MessageLexer, _ line: Range<Int>) throws(RequestRefusal) {
        let method = text.token(line)
        let end = line.upperBound - 9
        guard !method.isEmpty, method.upperBound < end, text.bytes[method.upperBound] == UInt8(ascii: " "),
            text.bytes[end] == UInt8(ascii: " "), let minor = text.minorVersion(line.suffix(8))
        else {
            throw .malformedRequest(
                "The request does not begin with a method, a target and HTTP/1.1, with one blank between.")
        }
        let target = method.upperBound + 1..<end
        guard target.count <= limits.targetBytesMax,
            text.bytes[target].count(where: { $0 == UInt8(ascii: "&") }) <= limits.queryFieldsMax
        else { throw limits.targetTooLong }
        let methodText = text.text(method)
        request = Request(
            Method(rawValue: methodText), try RequestTarget.originForm(of: text, target, method: methodText))
        isVersion10 = minor == UInt8(ascii: "0")
        closes = isVersion10
    }

    private mutating func readField(_ text: MessageLexer, _ line: Range<Int>) throws(RequestRefusal) {
        guard let count = request?.headers.fields.count, count < limits.headerFieldsMax else {
            throw limits.headersTooLarge
        }
        let name: Range<Int>
        var value: Range<Int>
        do throws(MessageMistake) { (name, value) = try text.strictField(line) } catch { throw RequestRefusal(error) }
        switch name.count {
        case 4 where text.isSame(name, "host"):
            hostCount += 1
            if !text.bytes[value].allSatisfy(HTTPSyntax.isHostByte) {
                refusal = refusal ?? .malformedRequest("The Host is not an authority.")
            }
        case 14 where text.isSame(name, "content-length"):
            lengthCount += 1
            length = text.number(value)
        case 17 where text.isSame(name, "transfer-encoding"):
            encodingCount += 1
            // Some readers compare an encoding with the blanks behind it: left there, it is none that anybody understands.
            value = value.lowerBound..<line.upperBound
            isChunked = text.isSame(value, "chunked")
        case 6 where text.isSame(name, "expect"):
            isExpecting = true
            if !text.isSame(value, "100-continue") { refusal = refusal ?? .expectationFailed }
        case 10 where text.isSame(name, "connection"): closes = closes || text.lists(value, "close")
        default: break
        }
        request?.headers.append(text.text(name), text.text(value))
    }
}
