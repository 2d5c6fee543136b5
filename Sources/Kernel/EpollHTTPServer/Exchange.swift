internal import HTTPMessages
internal import Synchronization

/// One request on its way from the event loop to a worker, and its answer on the way back.
final class Exchange: Sendable {
    let request: Request
    let metadata: RequestMetadata
    /// The connection that waits for the answer.
    let token: UInt64
    private let outbox: Outbox
    private let settled = Atomic(false)

    init(_ request: Request, _ metadata: RequestMetadata, token: UInt64, outbox: Outbox) {
        self.request = request
        self.metadata = metadata
        self.token = token
        self.outbox = outbox
    }

    var isSettled: Bool { settled.load(ordering: .acquiring) }

    /// Gives the answer, unless somebody was first: a handler may come after its deadline. From any thread.
    ///
    /// - Returns: whether this answer is the one that the client gets.
    @discardableResult
    func settle(_ response: Response) -> Bool {
        guard settled.compareExchange(expected: false, desired: true, ordering: .acquiringAndReleasing).exchanged else {
            return false
        }
        outbox.put(Answer(response, to: request.method), token)
        return true
    }
}
