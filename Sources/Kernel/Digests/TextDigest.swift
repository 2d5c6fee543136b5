/// The beginning of a text's SHA-256: it finds the same text again, in another place too, and gives it to nobody.
package enum TextDigest {
    /// 8: nobody comes upon two texts of one digest, and who seeks them finds only texts of their own.
    package static let byteCount = 8

    package static func bytes(of text: String) -> [UInt8] {
        Array(SHA256.digest(Array(text.utf8)).prefix(byteCount))
    }
}
