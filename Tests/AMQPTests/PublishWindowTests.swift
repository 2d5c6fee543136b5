import AMQP
import BlockingTesting
import Testing

@Suite(.blocking) struct PublishWindowTests {
    @Test func `a window ends after 64 messages`() {
        var window = PublishWindow()
        for number in 1...64 {
            let isTaken = window.append(message(bytes: number))
            #expect(isTaken)
        }
        let second = window.append(message(bytes: 0))
        #expect(!second)
        #expect(window.messages.count == 64)
    }

    @Test func `a window ends at 64 KiB of bodies`() {
        var window = PublishWindow()
        let first = window.append(message(bytes: 65_000))
        #expect(first)
        let second = window.append(message(bytes: 537))
        #expect(!second)
        let third = window.append(message(bytes: 536))
        #expect(third)
        #expect(window.byteCount == 65_536)
    }

    @Test func `what fits into no window is told with an empty one`() {
        var window = PublishWindow()
        let first = window.append(message(bytes: 65_537))
        #expect(!first)
        let second = window.append(message(bytes: 1, routingKey: String(repeating: "k", count: 256)))
        #expect(!second)
        #expect(window.isEmpty)
        let third = window.append(message(bytes: 65_536, routingKey: String(repeating: "k", count: 255)))
        #expect(third)
    }

    private func message(bytes: Int, routingKey: String = "k") -> AMQPMessage {
        AMQPMessage(
            routingKey: routingKey, messageID: "1", type: "t", contentType: "text/plain",
            body: [UInt8](repeating: 120, count: bytes))
    }
}
