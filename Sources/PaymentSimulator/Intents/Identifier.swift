import Digests

/// Ids as Stripe's: `pi_` and what nobody guesses.
enum Identifier {
    static func make(_ prefix: String) -> String { "\(prefix)_\(Hex.encode(randomBytes(count: 12)))" }
}
