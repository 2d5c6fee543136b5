import BlockingTesting
import Testing

/// The three built executables, over real sockets, on a real database.
@Suite(.blocking(on: .systems))
struct EndToEndTests {}
