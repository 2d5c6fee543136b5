import BlockingTesting
import MySQL
import Testing

@Suite(.blocking) struct StatementPartTests {
    @Test(arguments: [0, 1, 5, 64, 100, 1000])
    func `an array in parts has each element once, in its order, and each part a power of two`(count: Int) {
        let elements = Array(0..<count)
        let parts = elements.partsOfPowersOfTwo(countMax: 64)
        #expect(parts.flatMap(\.self) == elements)
        #expect(parts.allSatisfy { $0.count.nonzeroBitCount == 1 && $0.count <= 64 })
        // As few as there can be.
        #expect(parts.count == count / 64 + (count % 64).nonzeroBitCount)
    }
}
