private import Concurrency
private import SeededRandom

/// Stands between a client and a service, and lets happen to requests what happens to them in a bad network.
package final class FaultProxy: Sendable {
    private struct State {
        var random: SeededRandom
        var rates: FaultRates?
        var serverPort: Int
        var counts: [NetworkFault: Int] = [:]
        var requestCount = 0
        var requestsUnderWay = 0
        var sockets: [Int32: LoopbackSocket] = [:]
        var isStopped = false
    }

    /// Where clients connect.
    package let port: Int
    private let listener: LoopbackSocket
    private let state: Lock<State>

    /// 90 s: longer than any service lets a request last, so a silent connection is an idle one.
    private static let silenceSeconds = 90

    /// - Parameters:
    ///   - serverPort: where to pass requests on; nobody needs to listen there yet.
    ///   - seed: what happens is drawn from it, in the order of the requests' arrival.
    package init(to serverPort: Int, rates: FaultRates, seed: UInt64) throws {
        (listener, port) = try LoopbackSocket.listening()
        state = Lock(State(random: SeededRandom(seed: seed), rates: rates, serverPort: serverPort))
        start { [self] in
            while let client = listener.accepted(timeoutSeconds: FaultProxy.silenceSeconds) {
                start { [self] in serve(client) }
            }
        }
    }

    /// How often each fault has happened.
    package var counts: [NetworkFault: Int] { state.withLock(\.counts) }

    /// How many requests have come, those that were lost included.
    package var requestCount: Int { state.withLock(\.requestCount) }

    /// Whether no request is on its way, late ones included.
    package var isIdle: Bool { state.withLock { $0.requestsUnderWay == 0 } }

    /// Passes requests to another port from now on; those under way stay where they are.
    package func redirect(to serverPort: Int) { state.withLock { $0.serverPort = serverPort } }

    /// Lets nothing more happen.
    package func calm() { state.withLock { $0.rates = nil } }

    /// Turns clients away and cuts every connection.
    package func stop() {
        listener.shutDown()
        state.withLock { state in
            state.isStopped = true
            for socket in state.sockets.values { socket.shutDown() }
        }
    }

    private func start(_ body: @escaping @Sendable () -> Void) { Thread.start(body)?.detach() }

    private func serve(_ client: LoopbackSocket) {
        keep(client)
        defer { drop(client) }
        var requests = MessageReader(client)
        var server: (port: Int, socket: LoopbackSocket, replies: MessageReader)?
        defer { if let server { drop(server.socket) } }
        while let request = requests.next() {
            let (serverPort, fault, lateness) = begin()
            defer { state.withLock { $0.requestsUnderWay -= 1 } }
            if fault == .reset { return }
            if fault == .lateRequest { Thread.sleep(milliseconds: lateness) }
            if let present = server, present.port != serverPort {
                drop(present.socket)
                server = nil
            }
            if server == nil {
                guard
                    let socket = LoopbackSocket.connected(
                        to: serverPort, timeoutSeconds: FaultProxy.silenceSeconds)
                else { return }
                keep(socket)
                server = (serverPort, socket, MessageReader(socket))
            }
            let sent = fault == .halfRequest ? request.prefix(request.count / 2) : request[...]
            guard server?.socket.send(sent) == true, fault != .halfRequest, let reply = server?.replies.next(),
                fault != .lostReply
            else { return }
            if fault == .lateReply { Thread.sleep(milliseconds: lateness) }
            guard client.send(fault == .halfReply ? reply.prefix(reply.count / 2) : reply[...]), fault != .halfReply
            else { return }
        }
    }

    /// Decides what happens to the request that has just come.
    private func begin() -> (serverPort: Int, fault: NetworkFault?, latenessMilliseconds: Int) {
        state.withLock { state in
            state.requestCount += 1
            state.requestsUnderWay += 1
            guard let rates = state.rates else { return (state.serverPort, nil, 0) }
            let (fault, lateness) = rates.draw(using: &state.random)
            if let fault { state.counts[fault, default: 0] += 1 }
            return (state.serverPort, fault, lateness)
        }
    }

    private func keep(_ socket: LoopbackSocket) {
        state.withLock { state in
            state.sockets[socket.descriptor] = socket
            if state.isStopped { socket.shutDown() }
        }
    }

    private func drop(_ socket: LoopbackSocket) {
        state.withLock { $0.sockets[socket.descriptor] = nil }
        socket.closeByReset()
    }
}
