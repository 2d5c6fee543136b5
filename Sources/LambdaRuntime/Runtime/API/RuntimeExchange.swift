private import HTTPMessages

/// Requests and their replies over one connection, which is opened again where the API has closed it.
final class RuntimeExchange {
    /// When a request goes out a second time, over a new connection.
    enum Repetition {
        /// Only when it met a connection that had been closed while nobody used it.
        case onStaleConnection
        /// Once, on any connection that breaks: the request id makes the second of two that arrive an error.
        case onBrokenConnection
        case never
    }

    private let connection: RuntimeConnection
    private let reader = ReplyReader()
    /// The request that `perform` sends.
    var head: RequestHead

    init(_ address: RuntimeAPIAddress, timeoutMilliseconds: Int) {
        connection = RuntimeConnection(address, timeoutMilliseconds: timeoutMilliseconds)
        head = RequestHead(address)
    }

    /// The value of a field of the last reply.
    func field(_ name: StaticString) -> String? { reader.head.field(name) }

    /// Sends `head` and `body` and blocks until the reply is complete.
    ///
    /// - Parameter waitsForStart: without limit until the reply's first byte.
    func perform(
        _ body: [UInt8], _ repetition: Repetition, waitsForStart: Bool = false
    ) throws(RuntimeConnection.Failure) -> (status: Int, body: [UInt8]) {
        let isReused = connection.descriptor >= 0
        do throws(RuntimeConnection.Failure) {
            return try attempt(body, waitsForStart: waitsForStart)
        } catch {
            guard isWorthRepeating(error, repetition, isReused: isReused) else { throw error }
            return try attempt(body, waitsForStart: waitsForStart)
        }
    }

    /// Sends `head`, and leaves the body to `send`.
    func open() throws(RuntimeConnection.Failure) {
        let isReused = connection.descriptor >= 0
        do throws(RuntimeConnection.Failure) {
            try send([])
        } catch {
            guard isWorthRepeating(error, .onStaleConnection, isReused: isReused) else { throw error }
            try send([])
        }
    }

    /// Sends part of a body.
    func send(_ part: [UInt8], _ rest: [UInt8]) throws(RuntimeConnection.Failure) {
        try closingAtFailure { () throws(RuntimeConnection.Failure) in
            guard connection.descriptor >= 0 else { throw .dropped("it was closed before") }
            try transmit(part, rest)
        }
    }

    /// The reply to a request that has been sent whole.
    func receive(waitsForStart: Bool = false) throws(RuntimeConnection.Failure) -> (status: Int, body: [UInt8]) {
        try closingAtFailure { () throws(RuntimeConnection.Failure) in
            let body = try reader.readReply(connection, headBy: waitsForStart ? nil : connection.limit)
            // What came beyond the reply answers no request, and would be taken for the reply to the next.
            if reader.head.closesAfter || reader.hasUnread { close() }
            return (reader.head.status, body)
        }
    }

    /// The next request opens a new connection.
    func close() {
        connection.close()
        reader.reset()
    }

    /// The socket, for a thread that wants to end what this one waits for; below 0 where there is none.
    var descriptor: Int32 { connection.descriptor }

    private func attempt(
        _ body: [UInt8], waitsForStart: Bool
    ) throws(RuntimeConnection.Failure) -> (status: Int, body: [UInt8]) {
        try send(body)
        return try receive(waitsForStart: waitsForStart)
    }

    private func send(_ body: [UInt8]) throws(RuntimeConnection.Failure) {
        try closingAtFailure { () throws(RuntimeConnection.Failure) in
            try connection.connect()
            try transmit(head.bytes, body)
        }
    }

    private func transmit(_ first: [UInt8], _ second: [UInt8]) throws(RuntimeConnection.Failure) {
        try first.withUnsafeBufferPointer { first throws(RuntimeConnection.Failure) in
            try second.withUnsafeBufferPointer { second throws(RuntimeConnection.Failure) in
                try connection.send(
                    UnsafeRawBufferPointer(first), UnsafeRawBufferPointer(second), by: connection.limit)
            }
        }
    }

    private func isWorthRepeating(
        _ failure: RuntimeConnection.Failure, _ repetition: Repetition, isReused: Bool
    ) -> Bool {
        switch (repetition, failure) {
        case (.never, _), (_, .timedOut), (_, .malformed): false
        case (.onBrokenConnection, .notSent), (.onBrokenConnection, .dropped): true
        case (.onStaleConnection, .dropped): isReused
        case (.onStaleConnection, .notSent): false
        }
    }

    private func closingAtFailure<T>(
        _ body: () throws(RuntimeConnection.Failure) -> T
    ) throws(RuntimeConnection.Failure) -> T {
        do throws(RuntimeConnection.Failure) {
            return try body()
        } catch {
            close()
            throw error
        }
    }
}
