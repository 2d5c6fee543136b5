private import Digests

/// Text beyond ASCII in a header field (RFC 2047).
enum EncodedWords {
    /// As much of a text as stands unencoded on its field's line.
    private static let plainBytesMax = 60
    /// 39 bytes are 52 characters of Base64, 64 with what a word has around them, and 73 with `Subject: `; a line with a word has 76.
    private static let wordBytesMax = 39

    /// - Parameter text: without control characters.
    /// - Returns: the text itself where it is short, ASCII and cannot be taken for a word; otherwise words of Base64, folded.
    static func encode(_ text: String) -> String {
        let isPlain =
            text.utf8.allSatisfy { 0x20...0x7E ~= $0 } && text.utf8.count <= plainBytesMax && !text.contains("=?")
            && text.first != " " && text.last != " "
        guard !isPlain else { return text }
        return pieces(text).map { "=?utf-8?B?\(Base64.encode($0))?=" }.joined(separator: "\r\n ")
    }

    /// Each word has whole characters only.
    private static func pieces(_ text: String) -> [[UInt8]] {
        var pieces: [[UInt8]] = []
        var piece: [UInt8] = []
        for scalar in text.unicodeScalars {
            let bytes = Array(String(scalar).utf8)
            if piece.count + bytes.count > wordBytesMax {
                pieces.append(piece)
                piece = []
            }
            piece += bytes
        }
        if !piece.isEmpty { pieces.append(piece) }
        return pieces
    }
}
