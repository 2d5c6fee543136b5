internal import Concurrency
private import FaultPoints
internal import HTTPMessages
internal import Synchronization

/// One request on its way from the event loop to a worker, and its answer on the way back.
///
/// Whoever has the answer writes it to the socket, so that the event loop has nothing to do with it until the client sends more or
/// something is left to be done. The loop closes the socket only when nobody can be writing to it any more.
final class Exchange: Sendable {
    /// What the event loop knows of an answer that another thread writes.
    private enum Progress: UInt8, AtomicRepresentable {
        case pending
        /// The answer is out, and the loop has not been told: it finds out when the client sends more.
        case sent
        /// The loop is to be told.
        case attended
    }

    let request: Request
    let metadata: RequestMetadata
    /// The connection that waits for the answer.
    let token: UInt64
    private let descriptor: Int32
    private let closesAfterAnswer: Bool
    private let shared: EventLoop.Shared
    private let settled = Atomic(false)
    private let written = Atomic(false)
    private let progress: Atomic<Progress>
    private let sentAtNanoseconds = Atomic(UInt64(0))
    /// Whether it is among the requests in flight.
    private let counted = Atomic(true)

    /// - Parameter isAttended: whether the loop is to be told when the answer is out, as it must be where it has more to read.
    init(
        _ request: Request, _ metadata: RequestMetadata, _ connection: Connection, isAttended: Bool,
        _ shared: EventLoop.Shared
    ) {
        self.request = request
        self.metadata = metadata
        token = connection.token
        descriptor = connection.descriptor
        closesAfterAnswer = connection.closesAfterAnswer
        progress = Atomic(isAttended ? .attended : .pending)
        self.shared = shared
    }

    var isSettled: Bool { settled.load(ordering: .acquiring) }

    /// Writes the answer, unless somebody was first: a handler may come after its deadline. From any thread.
    ///
    /// - Returns: whether this answer is the one that the client gets.
    @discardableResult
    func settle(_ response: Response) -> Bool {
        guard claim() else { return false }
        let answer = Answer(response, to: request.method)
        let closes = closesAfterAnswer || answer.closes || shared.isDraining
        let isLost = faultPointLosesReply("http-server.before-reply") || answer.isWithheld
        let delivery = isLost ? .failed : write(answer, closes: closes)
        written.store(true, ordering: .releasing)
        if case .sent(closes: false) = delivery, isLeftToTheClient() { return true }
        shared.outbox.put(delivery, token)
        return true
    }

    /// Whether somebody has the answer, and the loop does not know yet whether it is out.
    var isBeingWritten: Bool { isSettled && progress.load(ordering: .acquiring) == .pending }

    /// Has the loop told when the answer is out; false when it is out already, and the loop was not told.
    func attend() -> Bool {
        let (_, found) = progress.compareExchange(
            expected: .pending, desired: .attended, ordering: .acquiringAndReleasing)
        return found != .sent
    }

    /// When the answer was out.
    var sentAt: Deadline { Deadline(uptimeNanoseconds: sentAtNanoseconds.load(ordering: .acquiring)) }

    /// Keeps others from answering, and waits for whoever is at it, which takes no longer than to write to a socket that takes it at
    /// once or not at all. The socket can be closed then.
    func abandon() {
        guard !claim() else { return }
        while !written.load(ordering: .acquiring) { Thread.sleep(milliseconds: 1) }
    }

    /// Whether it was among the requests in flight until now.
    func leaveFlight() -> Bool { counted.exchange(false, ordering: .acquiringAndReleasing) }

    private func claim() -> Bool {
        settled.compareExchange(expected: false, desired: true, ordering: .acquiringAndReleasing).exchanged
    }

    private func write(_ answer: Answer, closes: Bool) -> Delivery {
        let bytes = answer.bytes(date: shared.date.field, closes: closes)
        var count = 0
        switch Connection.send(bytes, from: &count, to: descriptor) {
        case .failure: return .failed
        case .part: return .part(bytes, count, closes: closes)
        case .all:
            faultPoint("http-server.after-reply")
            if leaveFlight() { shared.load.finished() }
            return .sent(closes: closes)
        }
    }

    private func isLeftToTheClient() -> Bool {
        sentAtNanoseconds.store(Deadline.nowUptimeNanoseconds(), ordering: .releasing)
        return progress.compareExchange(expected: .pending, desired: .sent, ordering: .acquiringAndReleasing).exchanged
    }
}
