/// Reads the lines between the chunks of a body (RFC 9112 section 7.1); the bytes of the chunks pass by it.
struct ChunkedBody {
    enum Part {
        /// A line with the size of a chunk.
        case size
        /// So many bytes of data.
        case data(Int)
        /// The line end after the data.
        case dataEnd
        /// Lines of fields after the last chunk, which are checked and dropped.
        case trailer
        case end
    }

    /// What comes next.
    private(set) var part = Part.size
    private var trailerBytes = 0

    /// A size and its extensions. 1 KiB: extensions are rare and serve nothing here.
    static let lineBytesMax = 1024

    /// - Parameter line: its end included.
    /// - Throws: `.malformedRequest`, or `.headersTooLarge` for a trailer.
    mutating func take(_ line: ArraySlice<UInt8>, _ limits: MessageLimits) throws(RequestRefusal) {
        let content = try HeadReader.content(of: line)
        switch part {
        case .size:
            let size = try ChunkedBody.size(content)
            part = size == 0 ? .trailer : .data(size)
        case .dataEnd:
            guard content.isEmpty else { throw .malformedRequest("A chunk is longer than its size.") }
            part = .size
        case .trailer where content.isEmpty: part = .end
        case .trailer:
            trailerBytes += line.count
            guard trailerBytes <= limits.headerBytesMax else { throw limits.headersTooLarge }
            let name = try HeadReader.field(content).name
            // RFC 9110 section 6.5.1 forbids these here: whoever merged them into the head would read another message.
            for forbidden in ["content-length", "transfer-encoding", "host"] where HTTPSyntax.isSame(name, forbidden) {
                throw .malformedRequest("A trailer has a field that belongs to the head.")
            }
        case .data, .end: break
        }
    }

    /// So many bytes of data have passed.
    mutating func tookData(_ count: Int) {
        guard case .data(let size) = part else { return }
        part = size == count ? .dataEnd : .data(size - count)
    }

    /// The size; `Int.max` for one that does not fit.
    private static func size(_ line: ArraySlice<UInt8>) throws(RequestRefusal) -> Int {
        let mistaken = RequestRefusal.malformedRequest("A chunk does not begin with its size as a hexadecimal number.")
        let digits = line.prefix { $0 != UInt8(ascii: ";") }
        guard !digits.isEmpty, hasOnlyExtensions(line[digits.endIndex...]) else { throw mistaken }
        var size = 0
        for byte in digits {
            let digit: UInt8
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): digit = byte - UInt8(ascii: "0")
            case UInt8(ascii: "a")...UInt8(ascii: "f"): digit = byte - UInt8(ascii: "a") + 10
            case UInt8(ascii: "A")...UInt8(ascii: "F"): digit = byte - UInt8(ascii: "A") + 10
            default: throw mistaken
            }
            size = size > Int.max >> 4 ? .max : size << 4 | Int(digit)
        }
        return size
    }

    /// Whether `rest` is `*( ";" name [ "=" value ] )` with tokens or quoted strings for values, and no blanks.
    private static func hasOnlyExtensions(_ rest: ArraySlice<UInt8>) -> Bool {
        var rest = rest
        while rest.popFirst() != nil {
            let name = rest.prefix(while: HTTPSyntax.isTokenByte)
            rest = rest.dropFirst(name.count)
            guard !name.isEmpty else { return false }
            guard rest.first == UInt8(ascii: "=") else {
                guard rest.first ?? UInt8(ascii: ";") == UInt8(ascii: ";") else { return false }
                continue
            }
            rest = rest.dropFirst()
            if rest.first == UInt8(ascii: "\"") {
                // An escaped quote within it is rare enough to be refused.
                let text = rest.dropFirst().prefix { $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\") }
                guard text.allSatisfy(HTTPSyntax.isFieldValueByte),
                    rest.dropFirst(text.count + 1).first == UInt8(ascii: "\"")
                else { return false }
                rest = rest.dropFirst(text.count + 2)
            } else {
                let value = rest.prefix(while: HTTPSyntax.isTokenByte)
                guard !value.isEmpty else { return false }
                rest = rest.dropFirst(value.count)
            }
            guard rest.first ?? UInt8(ascii: ";") == UInt8(ascii: ";") else { return false }
        }
        return true
    }
}
