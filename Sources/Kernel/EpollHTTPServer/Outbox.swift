private import Concurrency

/// What other threads have for the event loop: answers to be written, and what it is told to do.
final class Outbox: Sendable {
    struct Contents {
        var answers: [(answer: Answer, token: UInt64)] = []
        var stopsAccepting = false
        /// Whether requests that handlers have are to be refused in the handlers' stead.
        var refusesHandled = false
        var stops = false
    }

    private let contents = Lock(Contents())
    private let poller: Poller

    init(waking poller: Poller) { self.poller = poller }

    func put(_ answer: Answer, _ token: UInt64) { change { $0.answers.append((answer, token)) } }

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
                contents.answers.isEmpty && !contents.stopsAccepting && !contents.refusesHandled && !contents.stops
            body(&contents)
            return wasEmpty
        }
        // Whoever put the first thing in has woken the loop for the rest.
        if wasEmpty { poller.wake() }
    }
}
