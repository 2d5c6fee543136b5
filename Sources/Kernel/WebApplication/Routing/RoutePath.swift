internal import HTTPMessages
private import Glibc

/// The path of one or more routes, such as `/orders/{id}`, in the form in which requests are held against it: bytes, since to
/// make texts of a request's segments costs more than all comparisons.
struct RoutePath: Sendable {
    enum Segment: Sendable, Equatable {
        case literal([UInt8])
        /// Takes any segment that is not empty, in percent-encoding.
        case parameter(String)
    }

    let segments: [Segment]
    /// Everything before the first parameter.
    private let prefix: [UInt8]
    /// Where the segments behind `prefix` begin.
    private let firstParameter: Int

    init(_ path: String) {
        let parts = path.utf8.split(separator: RoutePath.slash, omittingEmptySubsequences: false).dropFirst()
        segments = parts.map { part in
            guard part.first == UInt8(ascii: "{"), part.last == UInt8(ascii: "}") else { return .literal(Array(part)) }
            return .parameter(String(Substring(part.dropFirst().dropLast())))
        }
        firstParameter = segments.firstIndex { if case .parameter = $0 { true } else { false } } ?? segments.count
        var prefix: [UInt8] = []
        for case .literal(let text) in segments[..<firstParameter] { prefix += [RoutePath.slash] + text }
        self.prefix = firstParameter < segments.count ? prefix + [RoutePath.slash] : prefix
    }

    private static let slash = UInt8(ascii: "/")

    /// The values of the parameters, decoded; nil where the path is another.
    func parameters(in path: UnsafeBufferPointer<UInt8>) -> [String: String]? {
        guard path.count >= prefix.count, let start = path.baseAddress, memcmp(start, prefix, prefix.count) == 0
        else { return nil }
        guard firstParameter < segments.count else { return path.count == prefix.count ? [:] : nil }
        var parameters: [String: String] = [:]
        var rest: Slice<UnsafeBufferPointer<UInt8>>? = path[prefix.count...]
        for segment in segments[firstParameter...] {
            guard let text = rest else { return nil }
            let end = text.firstIndex(of: RoutePath.slash)
            let value = text[..<(end ?? text.endIndex)]
            switch segment {
            case .literal(let literal): guard value.elementsEqual(literal) else { return nil }
            case .parameter(let name):
                guard !value.isEmpty, let decoded = PercentEncoding.decode(String(decoding: value, as: UTF8.self))
                else { return nil }
                parameters[name] = decoded
            }
            rest = end.map { text[($0 + 1)...] }
        }
        return rest == nil ? parameters : nil
    }

    /// Whether a path that is both this one's and the other's is this one's: a literal segment comes before a parameter.
    func comesBefore(_ other: RoutePath) -> Bool {
        for (own, others) in zip(segments, other.segments) {
            switch (own, others) {
            case (.literal, .parameter): return true
            case (.parameter, .literal): return false
            case (.literal(let own), .literal(let others)) where own != others:
                return own.lexicographicallyPrecedes(others)
            case (.literal, .literal), (.parameter, .parameter): continue
            }
        }
        return segments.count < other.segments.count
    }
}
