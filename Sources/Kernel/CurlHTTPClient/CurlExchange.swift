import HTTPMessages

/// What libcurl's callbacks gather during one transfer.
///
/// libcurl holds an unretained pointer to it; the handle that owns both outlives every transfer, and the callbacks run on
/// the thread that performs it.
final class CurlExchange {
    /// How much of a body is kept. More is an error, unless `bodyBytesReadMax` says how much more is read and dropped.
    let bodyBytesMax: Int
    private let bodyBytesReadMax: Int?
    private let headerBytesMax: Int
    private var fields: [HeaderFields.Field] = []
    private var body: [UInt8] = []
    private var headerByteCount = 0
    /// Whether the empty line after the final reply's fields has come.
    private(set) var isHeadComplete = false
    private var announcedByteCount = 0
    private var bodyByteCount = 0
    private var transmissionCount = 0
    /// The limit that the reply passed.
    private(set) var exceededBytesMax: Int?

    init(bodyBytesMax: Int, bodyBytesReadMax: Int? = nil, headerBytesMax: Int) {
        self.bodyBytesMax = bodyBytesMax
        self.bodyBytesReadMax = bodyBytesReadMax
        self.headerBytesMax = headerBytesMax
    }

    /// Whether the first byte of the request may have left.
    var wasTransmitted: Bool { transmissionCount > 0 }
    var wasRepetitionStopped: Bool { transmissionCount > 1 }

    func begin() {
        fields = []
        body = []
        headerByteCount = 0
        isHeadComplete = false
        announcedByteCount = 0
        bodyByteCount = 0
        transmissionCount = 0
        exceededBytesMax = nil
    }

    func takeResponse(_ status: Status) -> Response {
        let response = Response(status, headers: HeaderFields(fields), body: body)
        fields = []
        body = []
        return response
    }

    /// libcurl calls this each time it is about to write the request. It would write it again, POST or not, when a
    /// connection it reused breaks before a byte of reply; but the other side may have acted and then died.
    fileprivate func willTransmit() -> Bool {
        transmissionCount += 1
        return transmissionCount == 1
    }

    fileprivate func receive(bodyBytes: UnsafeRawBufferPointer) -> Bool {
        if let bodyBytesReadMax { return receive(bodyBytes: bodyBytes, readMax: bodyBytesReadMax) }
        guard body.count + bodyBytes.count <= bodyBytesMax else {
            exceededBytesMax = bodyBytesMax
            return false
        }
        if body.isEmpty { body.reserveCapacity(min(max(announcedByteCount, bodyBytes.count), bodyBytesMax)) }
        body.append(contentsOf: bodyBytes)
        return true
    }

    private func receive(bodyBytes: UnsafeRawBufferPointer, readMax: Int) -> Bool {
        body.append(contentsOf: bodyBytes.prefix(bodyBytesMax - body.count))
        bodyByteCount += bodyBytes.count
        return bodyByteCount <= readMax
    }

    /// - Parameter line: a status line, a field, or the empty line after the fields, with its line break. An interim reply
    ///   (1xx) comes before the final one; what follows the empty line without a status line is a trailer.
    fileprivate func receive(headerLine line: UnsafeRawBufferPointer) -> Bool {
        headerByteCount += line.count
        guard headerByteCount <= headerBytesMax else {
            exceededBytesMax = headerBytesMax
            return false
        }
        var end = line.count
        while end > 0, line[end - 1] == 0x0D || line[end - 1] == 0x0A { end -= 1 }
        let text = MessageLexer(UnsafeRawBufferPointer(rebasing: line[..<end]))
        if end == 0 {
            isHeadComplete = true
        } else if line.first == UInt8(ascii: "H"), line.starts(with: "HTTP/".utf8) {
            isHeadComplete = false
            fields.removeAll(keepingCapacity: true)
            fields.reserveCapacity(CurlExchange.fieldsExpected)
        } else if !isHeadComplete {
            appendField(text)
        }
        return true
    }

    /// 16: more than a reply of this product has; others grow.
    private static let fieldsExpected = 16

    /// - Parameter text: one line, without its break.
    private func appendField(_ text: MessageLexer) {
        let line = text.bytes.indices
        // A line that starts with a blank goes on with the value of the one before it (RFC 9112 section 5.2).
        if HTTPSyntax.isBlank(text.bytes[0]) {
            guard let previous = fields.popLast() else { return }
            fields.append(.init(name: previous.name, value: previous.value + " " + text.text(text.trimmed(line))))
            return
        }
        guard let colon = text.bytes.firstIndex(of: UInt8(ascii: ":")) else { return }
        let value = text.trimmed(colon + 1..<line.upperBound)
        if text.isSame(0..<colon, "content-length") { announcedByteCount = text.number(value) ?? 0 }
        fields.append(.init(name: text.text(0..<colon), value: text.text(value)))
    }
}

func curlReceivedHeader(
    _ bytes: UnsafeMutablePointer<CChar>?, _ size: Int, _ count: Int, _ context: UnsafeMutableRawPointer?
) -> Int {
    guard let bytes, let context else { return 0 }
    let exchange = Unmanaged<CurlExchange>.fromOpaque(context).takeUnretainedValue()
    return exchange.receive(headerLine: UnsafeRawBufferPointer(start: bytes, count: size * count)) ? size * count : 0
}

func curlReceivedBody(
    _ bytes: UnsafeMutablePointer<CChar>?, _ size: Int, _ count: Int, _ context: UnsafeMutableRawPointer?
) -> Int {
    guard let bytes, let context else { return 0 }
    let exchange = Unmanaged<CurlExchange>.fromOpaque(context).takeUnretainedValue()
    return exchange.receive(bodyBytes: UnsafeRawBufferPointer(start: bytes, count: size * count)) ? size * count : 0
}

/// - Returns: 0 to go on, 1 to give up (`CURL_PREREQFUNC_OK`, `CURL_PREREQFUNC_ABORT`).
func curlWillTransmit(
    _ context: UnsafeMutableRawPointer?, _ remoteAddress: UnsafeMutablePointer<CChar>?,
    _ localAddress: UnsafeMutablePointer<CChar>?, _ remotePort: Int32, _ localPort: Int32
) -> Int32 {
    guard let context else { return 1 }
    return Unmanaged<CurlExchange>.fromOpaque(context).takeUnretainedValue().willTransmit() ? 0 : 1
}
