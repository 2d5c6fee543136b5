/// What can happen to a request on its way. After each but the stalls the connection is gone.
package enum NetworkFault: Sendable, CaseIterable {
    /// The connection is reset before the server has seen anything.
    case reset
    /// The server gets half of the request, and both sides a reset.
    case halfRequest
    /// The server answers, and the client never hears of it.
    case lostReply
    /// The client gets half of the reply.
    case halfReply
    /// The request arrives late: perhaps after the client has given up and asked again.
    case lateRequest
    /// The reply arrives late.
    case lateReply
}

/// How often each fault happens, as a share of all requests, and how late what is late may be.
///
/// Counting requests instead of connections is the harder rule: one connection carries many requests.
package struct FaultRates: Sendable {
    package var shares: [(fault: NetworkFault, share: Double)]
    package var latenessMilliseconds: ClosedRange<Int>

    package init(shares: [(fault: NetworkFault, share: Double)], latenessMilliseconds: ClosedRange<Int>) {
        self.shares = shares
        self.latenessMilliseconds = latenessMilliseconds
    }

    /// Nothing happens.
    package static let none = FaultRates(shares: [], latenessMilliseconds: 0...0)

    /// One request in five is reset, one in twenty has its effect and loses its reply, and some come half or late.
    package static let storm = FaultRates(
        shares: [
            (.reset, 0.18), (.halfRequest, 0.02), (.lostReply, 0.05), (.halfReply, 0.02), (.lateRequest, 0.005),
            (.lateReply, 0.005),
        ],
        // Up to beyond the 5 s after which one attempt is given up.
        latenessMilliseconds: 50...6000)

    func draw(using random: inout some RandomNumberGenerator) -> (fault: NetworkFault?, latenessMilliseconds: Int) {
        var rest = Double.random(in: 0..<1, using: &random)
        let lateness = Int.random(in: latenessMilliseconds, using: &random)
        for (fault, share) in shares {
            if rest < share { return (fault, lateness) }
            rest -= share
        }
        return (nil, lateness)
    }
}
