import Digests

/// Ids as Stripe's: `pi_` and what nobody guesses.
enum Identifier {
    private static let bytesMax = 64

    static func make(_ prefix: String) -> String { "\(prefix)_\(Hex.encode(randomBytes(count: 12)))" }

    /// Whether a text could be an id: the database's columns hold no other.
    static func isPossible(_ text: String) -> Bool {
        1...bytesMax ~= text.utf8.count && text.utf8.allSatisfy { 0x21...0x7E ~= $0 }
    }
}
