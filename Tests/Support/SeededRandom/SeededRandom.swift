private import Glibc

/// A source of random numbers that can be repeated (SplitMix64). It prints its seed; a test run with that number in
/// TEST_SEED meets the same numbers again.
package struct SeededRandom: RandomNumberGenerator {
    private var state: UInt64

    /// - Parameter purpose: the test, for the line that names the seed.
    package init(_ purpose: String) {
        state = getenv("TEST_SEED").flatMap { UInt64(String(cString: $0)) } ?? .random(in: 0...UInt64.max)
        print("TEST_SEED=\(state) (\(purpose))")
    }

    /// - Parameter seed: whoever gives it also prints it.
    package init(seed: UInt64) { state = seed }

    package mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
        return value ^ (value >> 31)
    }

    package mutating func bytes(count: Int) -> [UInt8] {
        (0..<count).map { _ in UInt8.random(in: 0...255, using: &self) }
    }
}
