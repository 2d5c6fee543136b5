import Glibc
import Resilience
import Testing
import Threading

@testable import HTTPServer

/// What the table counts, whatever the library does with connections.
struct ConnectionTableTests {
    private let table = ConnectionTable()

    @Test func `a place counts from its reservation to the end of its connection`() throws {
        let socket = try OpenSocket()
        #expect(table.reservePlace(of: 1))
        #expect(!table.reservePlace(of: 1))
        table.handedOver(socket.descriptor)
        #expect(!table.reservePlace(of: 1))
        table.opened(socket.descriptor, remoteAddress: "", deadline: .after(milliseconds: 1000))
        #expect(!table.reservePlace(of: 1))
        _ = table.closed(socket.descriptor)
        #expect(table.reservePlace(of: 1))
    }

    @Test func `a place comes back from whom nobody could accept and whom the library did not take`() throws {
        let socket = try OpenSocket()
        #expect(table.reservePlace(of: 1))
        table.returnPlace()
        #expect(table.reservePlace(of: 1))
        table.handedOver(socket.descriptor)
        table.notTaken(socket.descriptor)
        #expect(table.reservePlace(of: 1))
    }

    @Test func `a place comes back from a connection that the library has closed without a word`() throws {
        #expect(table.reservePlace(of: 1))
        do {
            let socket = try OpenSocket()
            table.handedOver(socket.descriptor)
            #expect(!table.waitForPlace(of: 1, by: .after(milliseconds: 10)), "It may still be taken.")
        }
        // Another takes its descriptor, most likely.
        let other = try OpenSocket()
        #expect(table.waitForPlace(of: 1, by: .after(milliseconds: 10)))
        #expect(other.descriptor >= 0)
    }

    @Test func `of heads that are begun and not finished the latest few are known, and none that is over`() {
        let exchanges = (0..<100).map { number in
            Exchange(connection: 0, descriptor: Int32(10_000 + number), target: "/", targetByteCount: 1)
        }
        for exchange in exchanges {
            table.opened(exchange.descriptor, remoteAddress: "", deadline: .after(milliseconds: 1000))
            table.began(exchange, deadline: .after(milliseconds: 1000))
        }
        #expect(table.openHeads.map(\.descriptor) == exchanges.suffix(16).map(\.descriptor))
        _ = table.closed(exchanges[99].descriptor)
        table.finished(exchanges[98], deadline: .after(milliseconds: 1000))
        table.advanced(exchanges[97], deadline: .after(milliseconds: 1000))
        #expect(table.openHeads.map(\.descriptor) == exchanges[84..<97].map(\.descriptor))
        for exchange in exchanges { _ = table.closed(exchange.descriptor) }
        #expect(table.openHeads.isEmpty)
    }
}

private final class OpenSocket {
    let descriptor: Int32

    init() throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        try #require(descriptor >= 0)
    }

    deinit { close(descriptor) }
}
