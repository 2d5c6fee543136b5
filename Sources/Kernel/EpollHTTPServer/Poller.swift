private import CEpoll
private import Glibc

/// Tells one thread which of its sockets are ready (epoll(7)), and lets other threads wake it.
///
/// `wake` may be called from any thread until `close`; everything else belongs to the thread that waits.
struct Poller: Sendable {
    /// What a socket is watched for. That it broke is told of every socket, whatever it is watched for.
    struct Interest: OptionSet, Sendable {
        let rawValue: UInt8
        static let reading = Interest(rawValue: 1)
        static let writing = Interest(rawValue: 2)
    }

    struct Event {
        /// What was given to `add`.
        let token: UInt64
        let isReadable: Bool
        let isWritable: Bool
        /// Reset, or closed in both directions.
        let isBroken: Bool
    }

    /// Events that one call of `wait` brings. 128: the rest come with the next call, so it bounds a turn, not a load.
    private static let eventsMax = 128
    private static let wakeToken = UInt64.max

    private let epoll: Int32
    private let wakeup: Int32

    /// - Returns: nil when the system has no descriptor left.
    init?() {
        epoll = epoll_create1(cepoll_close_on_exec)
        wakeup = eventfd(0, ceventfd_flags)
        // Edge-triggered: each `wake` is told of once, without a read to take it back.
        guard epoll >= 0, wakeup >= 0,
            Poller.control(epoll, EPOLL_CTL_ADD, wakeup, cepoll_readable | cepoll_edge_triggered, Poller.wakeToken)
        else {
            close()
            return nil
        }
    }

    func close() {
        for descriptor in [epoll, wakeup] where descriptor >= 0 { Glibc.close(descriptor) }
    }

    /// False when the kernel has no memory for it.
    func add(_ descriptor: Int32, token: UInt64, _ interest: Interest) -> Bool {
        Poller.control(epoll, EPOLL_CTL_ADD, descriptor, Poller.flags(interest), token)
    }

    func change(_ descriptor: Int32, token: UInt64, _ interest: Interest) {
        _ = Poller.control(epoll, EPOLL_CTL_MOD, descriptor, Poller.flags(interest), token)
    }

    /// Nothing is told of this socket any more. One that is closed is forgotten by itself.
    func remove(_ descriptor: Int32) { _ = Poller.control(epoll, EPOLL_CTL_DEL, descriptor, 0, 0) }

    /// Ends the current or the next wait.
    func wake() {
        var one: UInt64 = 1
        // It fails only where 2^64 - 2 wake-ups are outstanding.
        _ = write(wakeup, &one, MemoryLayout<UInt64>.size)
    }

    /// Waits for events, or until woken, or for so long; -1 waits without limit.
    func wait(milliseconds: Int32, _ body: (Event) -> Void) {
        withUnsafeTemporaryAllocation(of: epoll_event.self, capacity: Poller.eventsMax) { events in
            let count = epoll_wait(epoll, events.baseAddress, Int32(Poller.eventsMax), milliseconds)
            guard count > 0 else { return }
            for event in events.prefix(Int(count)) where event.data.u64 != Poller.wakeToken {
                body(
                    Event(
                        token: event.data.u64, isReadable: event.events & cepoll_readable != 0,
                        isWritable: event.events & cepoll_writable != 0,
                        isBroken: event.events & cepoll_broken != 0))
            }
        }
    }

    private static func flags(_ interest: Interest) -> UInt32 {
        (interest.contains(.reading) ? cepoll_readable : 0) | (interest.contains(.writing) ? cepoll_writable : 0)
    }

    private static func control(
        _ epoll: Int32, _ operation: Int32, _ descriptor: Int32, _ flags: UInt32, _ token: UInt64
    ) -> Bool {
        var event = epoll_event(events: flags, data: epoll_data_t(u64: token))
        return epoll_ctl(epoll, operation, descriptor, &event) == 0
    }
}
