private import Concurrency
private import Glibc

/// Stands between a client and the database and cuts the connection at a COMMIT when told to, or falls silent.
package final class CommitCuttingProxy: Sendable {
    package enum Cut: Sendable {
        /// The server never sees the COMMIT.
        case before
        /// The server commits and says so, and the client never hears of it.
        case after
        /// As `after`, and from then on nobody is let in.
        case afterAndForGood
        /// Passes nothing on any more, in either direction, beginning with this COMMIT.
        case silentBefore
        /// As `silentBefore`, but the server sees the COMMIT.
        case silentAfter
        /// The server commits, and the client is told this error instead.
        case misreported(code: UInt16)
    }

    package let port: Int
    private let listener: Int32
    private let upstreamPort: Int
    private let state = Lock(State())

    private struct State {
        var cuts: [(cut: Cut, text: [UInt8])] = []
        var isSilent = false
        var isClosed = false
        var threads: [Thread] = []
    }

    /// COM_QUERY "COMMIT" as a packet: three bytes of length, the sequence number, the command, the text.
    private static let commit: [UInt8] = [7, 0, 0, 0, 3] + Array("COMMIT".utf8)

    /// Of what a client sent since its last COMMIT: enough for each transaction of a test.
    private static let rememberedBytes = 64 * 1024

    package init(to upstreamPort: Int) throws {
        self.upstreamPort = upstreamPort
        listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        var address = CommitCuttingProxy.address(port: 0)
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let listener = listener
        let isListening = withUnsafeMutablePointer(to: &address) { address in
            address.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(listener, $0, length) == 0 && listen(listener, 16) == 0 && getsockname(listener, $0, &length) == 0
            }
        }
        guard isListening else { throw TestDatabaseError("The proxy cannot listen.") }
        port = Int(in_port_t(bigEndian: address.sin_port))
        start { [self] in acceptAll() }
    }

    /// Cuts at the next COMMITs, in this way and order; later ones pass.
    ///
    /// - Parameter text: What the transaction must have sent, such as a parameter of its statements, so that a COMMIT of
    ///   something else, of a service's own housekeeping, passes. Empty for any transaction.
    package func cut(_ cuts: Cut..., ofTransactionSending text: String = "") {
        state.withLock { $0.cuts += cuts.map { ($0, Array(text.utf8)) } }
    }

    /// Passes nothing on any more, in either direction; clients are let in and hear nothing.
    package func fallSilent() { state.withLock { $0.isSilent = true } }

    /// Passes on what was held back, and all that comes.
    package func speak() {
        state.withLock { $0.isSilent = false }
        state.broadcast()
    }

    /// Turns new clients away and waits for the proxy's threads. Close the clients' connections before.
    package func close() {
        stopListening()
        while true {
            let thread = state.withLock { $0.threads.popLast() }
            guard let thread else { break }
            thread.join()
        }
        Glibc.close(listener)
    }

    private func stopListening() {
        state.withLock { $0.isClosed = true }
        state.broadcast()
        shutdown(listener, Int32(SHUT_RDWR))
    }

    private func start(_ body: @escaping @Sendable () -> Void) {
        guard let thread = Thread.start(body) else { return }
        state.withLock { $0.threads.append(thread) }
    }

    private func acceptAll() {
        while true {
            let client = accept(listener, nil, nil)
            guard client >= 0, !state.withLock({ $0.isClosed }) else {
                if client >= 0 { Glibc.close(client) }
                return
            }
            start { [self] in forward(client) }
        }
    }

    private func forward(_ client: Int32) {
        defer { Glibc.close(client) }
        let server = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        defer { Glibc.close(server) }
        var address = CommitCuttingProxy.address(port: upstreamPort)
        let isConnected = withUnsafePointer(to: &address) { address in
            address.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(server, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
        guard isConnected else { return }
        var waits = [
            pollfd(fd: client, events: Int16(POLLIN), revents: 0),
            pollfd(fd: server, events: Int16(POLLIN), revents: 0),
        ]
        var transaction: ArraySlice<UInt8> = []
        while poll(&waits, 2, 30_000) > 0 {
            if waits[0].revents != 0 {
                guard let bytes = receive(client) else { return }
                transaction = (transaction + bytes).suffix(CommitCuttingProxy.rememberedBytes)
                if bytes == CommitCuttingProxy.commit {
                    defer { transaction = [] }
                    if let cut = nextCut(of: transaction) {
                        guard carryOut(cut, bytes, client, server) else { return }
                        continue
                    }
                }
                waitWhileSilent()
                guard send(bytes, to: server) else { return }
            }
            if waits[1].revents != 0 {
                guard let bytes = receive(server) else { return }
                waitWhileSilent()
                guard send(bytes, to: client) else { return }
            }
        }
    }

    private func nextCut(of transaction: ArraySlice<UInt8>) -> Cut? {
        state.withLock { state in
            guard let next = state.cuts.first, next.text.isEmpty || transaction.contains(next.text) else { return nil }
            return state.cuts.removeFirst().cut
        }
    }

    /// - Returns: whether the connection goes on.
    private func carryOut(_ cut: Cut, _ commit: [UInt8], _ client: Int32, _ server: Int32) -> Bool {
        switch cut {
        case .before: return false
        case .afterAndForGood:
            stopListening()
            fallthrough
        case .after:
            if send(commit, to: server) { _ = receive(server) }
            return false
        case .silentBefore:
            fallSilent()
            waitWhileSilent()
            return send(commit, to: server)
        case .silentAfter:
            fallSilent()
            return send(commit, to: server)
        case .misreported(let code):
            guard send(commit, to: server), receive(server) != nil else { return false }
            // An error packet: its length, the sequence number, 0xFF, the code, "#", the state, the message.
            let content = [0xFF, UInt8(code & 0xFF), UInt8(code >> 8)] + Array("#HY000misreported".utf8)
            return send([UInt8(content.count), 0, 0, 1] + content, to: client)
        }
    }

    /// Until it is told to speak, or closed.
    private func waitWhileSilent() {
        _ = state.wait(untilUptimeNanoseconds: nil) { $0.isSilent && !$0.isClosed ? nil : () }
    }

    private func receive(_ socket: Int32) -> [UInt8]? {
        var bytes = [UInt8](repeating: 0, count: 64 * 1024)
        let count = recv(socket, &bytes, bytes.count, 0)
        return count > 0 ? Array(bytes.prefix(count)) : nil
    }

    private func send(_ bytes: [UInt8], to socket: Int32) -> Bool {
        var sent = 0
        while sent < bytes.count {
            let count = bytes.withUnsafeBytes {
                Glibc.send(socket, $0.baseAddress.map { $0 + sent }, bytes.count - sent, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { return false }
            sent += count
        }
        return true
    }

    private static func address(port: Int) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
        return address
    }
}
