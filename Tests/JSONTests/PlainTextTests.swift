import JSON
import SeededRandom
import Testing

@Suite struct PlainTextTests {
    private func end(_ bytes: [UInt8], from start: Int) -> Int {
        bytes.withUnsafeBufferPointer { PlainText.end(in: $0, from: start) }
    }

    private func isPlain(_ byte: UInt8) -> Bool { 0x20..<0x80 ~= byte && byte != 0x22 && byte != 0x5C }

    @Test func `each byte is told from each other, at every place of a word`() {
        for byte in UInt8.min...UInt8.max {
            for place in 0..<20 {
                var bytes = [UInt8](repeating: UInt8(ascii: "a"), count: 20)
                bytes[place] = byte
                #expect(end(bytes, from: 0) == (isPlain(byte) ? 20 : place), "\(byte) at \(place)")
            }
        }
    }

    @Test func `random bytes end where one looks at each`() {
        var random = SeededRandom("plain text")
        for _ in 0..<5000 {
            let count = Int.random(in: 0...40, using: &random)
            let bytes = (0..<count).map { _ -> UInt8 in
                Int.random(in: 0..<12, using: &random) == 0
                    ? UInt8.random(in: 0...255, using: &random) : UInt8.random(in: 0x1F...0x81, using: &random)
            }
            let start = Int.random(in: 0...count, using: &random)
            #expect(end(bytes, from: start) == bytes[start...].firstIndex { !isPlain($0) } ?? count)
        }
        #expect(end([], from: 0) == 0)
    }
}
