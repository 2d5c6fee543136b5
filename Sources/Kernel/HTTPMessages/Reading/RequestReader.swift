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
        /// So many bytes of the body are missing.
        case counted(Int)
        /// So much of a body that is too large is still to be dropped.
        case dropped(Int)
        case chunked
        case refused
    }

    private let limits: MessageLimits
    private var bytes: [UInt8] = []
    /// Before it everything has been read.
    private var position = 0
    private var part = Part.head
    private var head: RequestHead
    private var body: [UInt8] = []
    private var chunks: ChunkDecoder

    package init(_ limits: MessageLimits) {
        self.limits = limits
        head = RequestHead(limits)
        chunks = RequestReader.chunks(limits)
    }

    package var stage: Stage {
        if case .head = part { head.isEmpty && position == bytes.count ? .idle : .head } else { .body }
    }

    /// Whether the first line of a request has been read.
    package var hasBegun: Bool { stage == .body || head.request != nil }

    package mutating func append(_ more: UnsafeRawBufferPointer) {
        var more = more[...]
        switch part {
        case .refused: return
        case .counted(let count) where position == bytes.count:
            // A large body is copied once, and nothing else is looked for in it.
            let taken = more.prefix(count)
            body.append(contentsOf: UnsafeRawBufferPointer(rebasing: taken))
            part = .counted(count - taken.count)
            more = more.dropFirst(taken.count)
        case .head, .counted, .dropped, .chunked: break
        }
        bytes.removeFirst(position)
        position = 0
        bytes.append(contentsOf: UnsafeRawBufferPointer(rebasing: more))
    }

    /// Reads on, as far as the bytes go or to the next thing to be told.
    package mutating func next() -> Progress {
        // A reference of its own: `self` changes while they are read.
        let bytes = bytes
        return bytes.withUnsafeBytes { buffer in
            do throws(RequestRefusal) { return try read(MessageLexer(buffer)) } catch {
                return refuse(error, closes: true)
            }
        }
    }

    private mutating func read(_ text: MessageLexer) throws(RequestRefusal) -> Progress {
        while true {
            switch part {
            case .head:
                guard try head.read(text, at: &position) else { return .waiting }
                if let told = try beginBody() { return told }
            case .counted(let count):
                let left = count - takeBody(count, text)
                part = .counted(left)
                return left == 0 ? whole() : .waiting
            case .dropped(let count):
                let passed = min(count, bytes.count - position)
                position += passed
                part = .dropped(count - passed)
                return passed == count ? refuse(limits.bodyTooLarge, closes: head.closes) : .waiting
            case .chunked:
                switch try nextChunk(text) {
                case .end: return whole()
                case .data(let count) where count > limits.bodyBytesMax - body.count: throw limits.bodyTooLarge
                case .data(let count) where position < bytes.count: chunks.passed(takeBody(count, text))
                case .data, .waiting: return .waiting
                }
            case .refused: return .waiting
            }
        }
    }

    /// - Returns: what is to be told before the body; nil to read on.
    private mutating func beginBody() throws(RequestRefusal) -> Progress? {
        let framing = try head.framing()
        switch framing.body {
        case .none: return whole()
        case .chunked: part = .chunked
        case .counted(let count) where count <= limits.bodyBytesMax:
            part = .counted(count)
            body.reserveCapacity(count)
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

    private mutating func nextChunk(_ text: MessageLexer) throws(RequestRefusal) -> ChunkDecoder.Step {
        do throws(MessageMistake) { return try chunks.next(text, at: &position) } catch {
            throw error == .trailersTooLarge ? limits.headersTooLarge : RequestRefusal(error)
        }
    }

    /// Moves up to `count` bytes into the body.
    ///
    /// - Returns: how many there were.
    private mutating func takeBody(_ count: Int, _ text: MessageLexer) -> Int {
        let taken = text.bytes[position...].prefix(count)
        body.append(contentsOf: UnsafeRawBufferPointer(rebasing: taken))
        position += taken.count
        return taken.count
    }

    private mutating func whole() -> Progress {
        guard var request = head.request else { return .waiting }
        request.body = body
        let closes = head.closes
        begin()
        return .whole(request, closes: closes)
    }

    private mutating func refuse(_ refusal: RequestRefusal, closes: Bool) -> Progress {
        let known = head.request
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
        head = RequestHead(limits)
        body = []
        part = .head
        chunks = RequestReader.chunks(limits)
        // An idle connection holds no memory for what it once sent.
        if position == bytes.count {
            bytes = []
            position = 0
        }
    }

    private static func chunks(_ limits: MessageLimits) -> ChunkDecoder {
        ChunkDecoder(isStrict: true, sizeLineBytesMax: sizeLineBytesMax, trailerBytesMax: limits.headerBytesMax)
    }

    /// A chunk's size and its extensions. 1 KiB: extensions are rare and serve nothing here.
    private static let sizeLineBytesMax = 1024
    /// Bodies' worth of bytes that are read and dropped so that the client gets its answer. 4: for a client that is a little
    /// over the limit; one that announces more is refused at once.
    private static let droppedBodiesMax = 4
}
