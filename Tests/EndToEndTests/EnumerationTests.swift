import Chaos
import SeededRandom
import Testing

extension EndToEndTests {
    /// The short form; `Chaos` has the long one.
    struct EnumerationTests {
        @Test
        func `killed, stalled or mute at any point, an order is confirmed once or canceled with its stock restored`()
            throws
        {
            var random = SeededRandom("enumeration")
            #expect(try Enumeration(pairs: false, seed: random.next()).run())
        }
    }
}
