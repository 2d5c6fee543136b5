private import Concurrency

/// What became of an answer that was written to its socket.
enum Delivery: Sendable {
    /// The socket took all of it.
    case sent(closes: Bool)
    /// The socket took so many of the bytes.
    case part([UInt8], Int, closes: Bool)
    /// The connection is of no use any more.
    case failed
}

/// What other threads have for the event loop: what became of answers, and what it is told to do.
final class Outbox: Sendable {
    struct Contents {
        var deliveries: [(delivery: Delivery, token: UInt64)] = []
        var stopsAccepting = false
        /// Whether requests that handlers have are to be refused in the handlers' stead.
        var refusesHandled = false
        var stops = false
    }

    private let contents = Lock(Contents())
    private let poller: Poller

    init(waking poller: Poller) { self.poller = poller }

    func put(_ delivery: Delivery, _ token: UInt64) { change { $0.deliveries.append((delivery, token)) } }

    func stopAccepting() { change { $0.stopsAccepting = true } }

    func refuseHandled() { change { $0.refusesHandled = true } }

    func stop() { change { $0.stops = true } }

    /// All of it, once.
    func take() -> Contents {
        contents.withLock { contents in
            defer { contents = Contents() }
            return contents
        }
    }

    private func change(_ body: (inout Contents) -> Void) {
        let wasEmpty = contents.withLock { contents in
            let wasEmpty =
                contents.deliveries.isEmpty && !contents.stopsAccepting && !contents.refusesHandled && !contents.stops
            body(&contents)
            return wasEmpty
        }
        // Whoever put the first thing in has woken the loop for the rest.
        if wasEmpty { poller.wake() }
    }
}
