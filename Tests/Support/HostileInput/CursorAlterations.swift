/// Ways to change a cursor a little, as somebody would who guesses.
package enum CursorAlterations {
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_=.+/%".utf8)

    /// Each bit of each byte turned round, each character replaced, left out or doubled, and each cut: ready for a query, none
    /// of them the cursor itself.
    package static func all(of cursor: String) -> [String] {
        let bytes = Array(cursor.utf8)
        var altered: [[UInt8]] = []
        for index in bytes.indices {
            for bit in 0..<8 { altered.append(bytes.replacing(at: index, by: [bytes[index] ^ (1 << UInt8(bit))])) }
            for character in alphabet { altered.append(bytes.replacing(at: index, by: [character])) }
            altered.append(bytes.replacing(at: index, by: []))
            altered.append(bytes.replacing(at: index, by: [bytes[index], bytes[index]]))
            altered.append(Array(bytes[..<index]))
        }
        altered += alphabet.map { bytes + [$0] }
        altered.append(bytes + bytes)
        return Set(altered.filter { $0 != bytes }).map(escaped)
    }

    /// Bytes that are no text, too, must reach the service.
    private static func escaped(_ bytes: [UInt8]) -> String {
        let digits = Array("0123456789ABCDEF")
        return bytes.reduce(into: "") { text, byte in
            text += "%\(digits[Int(byte >> 4)])\(digits[Int(byte & 15)])"
        }
    }
}

extension [UInt8] {
    fileprivate func replacing(at index: Int, by replacement: [UInt8]) -> [UInt8] {
        Array(self[..<index]) + replacement + Array(self[(index + 1)...])
    }
}
