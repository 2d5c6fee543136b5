private import Glibc

/// Makes requests of the bytes of one connection, however they are cut, or says why they must be refused.
package struct RequestReader {
    package enum Progress {
        /// More bytes are needed.
        case waiting
        /// The client waits to be told to send the body. Said once a request.
        case awaitingContinue
        case whole(Request, closes: Bool)
        /// With the request as far as it was read. After one that closes nothing more is read.
        case refused(RequestRefusal, Request?, closes: Bool)
    }

    package enum Stage {
        /// Not a byte of the next request is there.
        case idle
        case head, body
    }

    private enum Part {
        case head
        case counted(Int)
        /// So much of a body that is too large is still to be dropped.
        case dropped(Int)
        case chunked(ChunkedBody)
        case refused
    }

    private let limits: MessageLimits
    private var bytes: [UInt8] = []
    /// Before it everything has been read.
    private var position = 0
    /// Before it there is no line end.
    private var searched = 0
    private var head: HeadReader
    private var part = Part.head
    private var request = Request(.get, "")
    private var framing: RequestFraming?

    package init(_ limits: MessageLimits) {
        self.limits = limits
        head = HeadReader(limits)
    }

    package var stage: Stage {
        if case .head = part { head.byteCount == 0 && position == bytes.count ? .idle : .head } else { .body }
    }

    /// Whether the first line of a request has been read.
    package var hasBegun: Bool { stage == .body || head.requestLine != nil }

    package mutating func append(_ more: UnsafeRawBufferPointer) {
        if case .refused = part { return }
        if position > 0 {
            bytes.removeFirst(position)
            searched = max(searched - position, 0)
            position = 0
        }
        bytes.append(contentsOf: more)
    }

    /// Reads on, as far as the bytes go or to the next thing to be told.
    package mutating func next() -> Progress {
        do throws(RequestRefusal) {
            while true {
                switch part {
                case .head:
                    guard let line = try nextLine() else { return .waiting }
                    guard try head.take(line) else { continue }
                    if let told = try headIsWhole() { return told }
                case .counted(let count):
                    let left = takeBody(count)
                    part = .counted(left)
                    return left == 0 ? whole() : .waiting
                case .dropped(let count):
                    let left = count - skip(count)
                    part = .dropped(left)
                    guard left == 0 else { return .waiting }
                    return refuse(limits.bodyTooLarge, closes: framing?.closes ?? true)
                case .chunked(let chunks):
                    guard let told = try readChunk(chunks) else { continue }
                    return told
                case .refused: return .waiting
                }
            }
        } catch {
            return refuse(error, closes: true)
        }
    }

    /// - Returns: what is to be told before the body; nil to read on.
    private mutating func headIsWhole() throws(RequestRefusal) -> Progress? {
        guard let line = head.requestLine else { return nil }
        let framing = try RequestFraming(head.fields, isVersion10: line.isVersion10)
        self.framing = framing
        request = Request(line.method, line.target, headers: HeaderFields(head.fields))
        switch framing.body {
        case .none: return whole()
        case .chunked: part = .chunked(ChunkedBody())
        case .counted(let count) where count <= limits.bodyBytesMax:
            part = .counted(count)
            request.body.reserveCapacity(count)
        case .counted(let count):
            // Without `Expect` the body is on its way already, and one that is little too large is read and dropped: closing
            // the connection under it would take the answer from the client.
            guard !framing.isAwaitingContinue, count <= limits.bodyBytesMax * RequestReader.droppedBodiesMax else {
                throw limits.bodyTooLarge
            }
            part = .dropped(count)
        }
        return framing.isAwaitingContinue && position == bytes.count ? .awaitingContinue : nil
    }

    /// - Returns: what is to be told; nil to read on.
    private mutating func readChunk(_ chunks: ChunkedBody) throws(RequestRefusal) -> Progress? {
        var chunks = chunks
        defer { if case .chunked = part { part = .chunked(chunks) } }
        switch chunks.part {
        case .data(let size):
            guard size <= limits.bodyBytesMax - request.body.count else {
                throw limits.bodyTooLarge
            }
            let left = takeBody(size)
            chunks.tookData(size - left)
            return left == 0 ? nil : .waiting
        case .end: return whole()
        case .size, .dataEnd, .trailer:
            guard let line = try nextLine() else { return .waiting }
            try chunks.take(line, limits)
            return nil
        }
    }

    private mutating func whole() -> Progress {
        let whole = Progress.whole(request, closes: framing?.closes ?? true)
        begin()
        return whole
    }

    private mutating func refuse(_ refusal: RequestRefusal, closes: Bool) -> Progress {
        var known = head.request
        known?.body = []
        begin()
        if closes {
            part = .refused
            bytes = []
            position = 0
        }
        return .refused(refusal, known, closes: closes)
    }

    /// Gets ready for the next request.
    private mutating func begin() {
        head = HeadReader(limits)
        part = .head
        request = Request(.get, "")
        framing = nil
        // An idle connection holds no memory for what it once sent.
        if position == bytes.count {
            bytes = []
            position = 0
        }
        searched = position
    }

    /// The next line with its end, or nil while it is not whole.
    private mutating func nextLine() throws(RequestRefusal) -> ArraySlice<UInt8>? {
        let start = max(position, searched)
        let end = bytes[start...].firstIndex(of: UInt8(ascii: "\n"))
        guard let end else {
            searched = bytes.count
            try checkSize(ofUnfinishedLine: bytes.count - position)
            return nil
        }
        let line = bytes[position...end]
        if case .chunked = part { try checkSize(ofUnfinishedLine: line.count) }
        position = end + 1
        searched = position
        return line
    }

    private func checkSize(ofUnfinishedLine count: Int) throws(RequestRefusal) {
        switch part {
        case .chunked(let chunks):
            if case .trailer = chunks.part, count <= limits.headerBytesMax { return }
            guard count <= ChunkedBody.lineBytesMax else {
                throw .malformedRequest("A line between chunks has more than \(ChunkedBody.lineBytesMax) bytes.")
            }
        default: try head.checkSize(with: count)
        }
    }

    /// Moves up to `count` bytes into the body.
    ///
    /// - Returns: how many are missing.
    private mutating func takeBody(_ count: Int) -> Int {
        let available = min(count, bytes.count - position)
        request.body.append(contentsOf: bytes[position..<position + available])
        position += available
        return count - available
    }

    private mutating func skip(_ count: Int) -> Int {
        let available = min(count, bytes.count - position)
        position += available
        return available
    }

    /// Bodies' worth of bytes that are read and dropped so that the client gets its answer. 4: for a client that is a little
    /// over the limit; one that announces more is refused at once.
    private static let droppedBodiesMax = 4
}
