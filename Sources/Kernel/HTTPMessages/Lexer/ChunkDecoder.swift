private import JSON

/// Takes the chunks of a body apart (RFC 9112 section 7.1); the bytes of their data pass by it.
package struct ChunkDecoder {
    package enum Step: Equatable {
        /// More bytes are needed.
        case waiting
        /// So many bytes of data come next. They are not held to any limit.
        case data(Int)
        case end
    }

    private enum Part {
        case size
        case data(Int)
        /// The line end after the data.
        case dataEnd
        /// Fields after the last chunk, which are dropped.
        case trailer
        case end
    }

    private var part = Part.size
    private let isStrict: Bool
    private let sizeLineBytesMax: Int
    private var trailerBytesLeft: Int

    /// - Parameters:
    ///   - isStrict: whether what two readers could read differently is refused: anything but extensions in their own grammar
    ///     behind a size, and trailers that are no fields or belong to the head. Else up to 32 digits are a size.
    ///   - sizeLineBytesMax: of a size with its extensions.
    ///   - trailerBytesMax: of all trailers together.
    package init(isStrict: Bool, sizeLineBytesMax: Int, trailerBytesMax: Int) {
        self.isStrict = isStrict
        self.sizeLineBytesMax = sizeLineBytesMax
        trailerBytesLeft = trailerBytesMax
    }

    /// Reads on as far as there are lines to read.
    ///
    /// - Parameter position: where to begin; becomes the place behind what was read.
    package mutating func next(_ text: MessageLexer, at position: inout Int) throws(MessageMistake) -> Step {
        while true {
            switch part {
            case .data(let count): return .data(count)
            case .end: return .end
            case .size, .dataEnd, .trailer:
                guard let line = try line(text, position) else { return .waiting }
                position = line.upperBound + 2
                try take(line, text)
            }
        }
    }

    /// So many bytes of data have passed.
    package mutating func passed(_ count: Int) {
        guard case .data(let size) = part else { return }
        part = size == count ? .dataEnd : .data(size - count)
    }

    private func line(_ text: MessageLexer, _ position: Int) throws(MessageMistake) -> Range<Int>? {
        switch part {
        case .dataEnd: try text.line(from: position, bytesMax: 2, tooLong: .chunkTooLong)
        case .trailer:
            // An empty line, which ends the trailers, is none of them.
            try text.line(from: position, bytesMax: max(trailerBytesLeft, 2), tooLong: .trailersTooLarge)
        case .size, .data, .end: try text.line(from: position, bytesMax: sizeLineBytesMax, tooLong: .lineTooLong)
        }
    }

    private mutating func take(_ line: Range<Int>, _ text: MessageLexer) throws(MessageMistake) {
        switch part {
        case .size:
            let digits = text.prefix(line) { hexadecimalValue($0) != nil }
            let rest = digits.upperBound..<line.upperBound
            guard let size = text.number(digits, radix: 16),
                isStrict
                    ? ChunkDecoder.hasOnlyExtensions(rest, text)
                    : digits.count <= ReplyHead.digitsMax && text.first(text.trimmed(rest)) ?? semicolon == semicolon
            else { throw .chunkSize }
            part = size == 0 ? .trailer : .data(size)
        case .trailer where line.isEmpty: part = .end
        case .trailer:
            trailerBytesLeft -= line.count + 2
            guard isStrict else { return }
            let name = try text.strictField(line).name
            // RFC 9110 section 6.5.1 forbids these here: whoever merged them into the head would read another message.
            guard !text.isSame(name, "content-length"), !text.isSame(name, "transfer-encoding"),
                !text.isSame(name, "host")
            else { throw .trailerOfHead }
        case .dataEnd: part = .size
        case .data, .end: break
        }
    }

    /// Whether `rest` is `*( ";" name [ "=" value ] )` with tokens or quoted strings for values, and no blanks.
    private static func hasOnlyExtensions(_ rest: Range<Int>, _ text: MessageLexer) -> Bool {
        var rest = rest
        while !rest.isEmpty {
            guard text.first(rest) == semicolon else { return false }
            let name = text.token(rest.dropFirst())
            guard !name.isEmpty else { return false }
            rest = name.upperBound..<rest.upperBound
            guard text.first(rest) == UInt8(ascii: "=") else { continue }
            rest = rest.dropFirst()
            var value = text.token(rest)
            if text.first(rest) == UInt8(ascii: "\"") {
                // An escaped quote within it is rare enough to be refused.
                value = text.prefix(rest.dropFirst()) {
                    $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\") && HTTPSyntax.isFieldValueByte($0)
                }
                guard text.first(value.upperBound..<rest.upperBound) == UInt8(ascii: "\"") else { return false }
                value = rest.lowerBound..<value.upperBound + 1
            }
            guard !value.isEmpty else { return false }
            rest = value.upperBound..<rest.upperBound
        }
        return true
    }
}

private let semicolon = UInt8(ascii: ";")
