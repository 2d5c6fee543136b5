internal import Concurrency
private import FaultPoints

// What becomes of answers: most are written by whoever has them, and the loop sees to what is left.
extension ConnectionLoop {
    /// Goes on with a connection whose answer another thread has written.
    func take(_ delivery: Delivery, _ token: UInt64) {
        guard let connection = connection(token), case .handling(let exchange) = connection.stage else { return }
        switch delivery {
        case .sent where connection.isBroken: close(connection)
        case .failed: close(connection)
        case .sent(let closes):
            finishRequest(connection)
            connection.closesAfterAnswer = closes
            finishAnswer(connection)
            advance(connection)
        case .part(let bytes, let count, let closes):
            connection.isInFlight = exchange.leaveFlight()
            connection.closesAfterAnswer = closes
            write(bytes, from: count, connection)
            advance(connection)
        }
    }

    /// Answers a request that no handler has.
    func write(_ answer: Answer, _ connection: Connection) {
        connection.closesAfterAnswer = connection.closesAfterAnswer || answer.closes || shared.isDraining
        write(answer.bytes(date: shared.date.field, closes: connection.closesAfterAnswer), from: 0, connection)
    }

    private func write(_ bytes: [UInt8], from count: Int, _ connection: Connection) {
        finishRequest(connection)
        connection.stage = .writing
        setDeadline(connection, configuration.writeTimeoutMilliseconds)
        settle(connection, connection.send(bytes, from: count))
    }

    /// What waited for the answer is over.
    func finishRequest(_ connection: Connection) {
        connection.headReadNanoseconds = nil
        connection.earlyEvents = 0
        forgetRefusal(connection)
        connection.stage = .reading
        // The next request's time begins now, whether or not some of it is there already.
        connection.readerStage = nil
    }

    /// An answer has been written as far as the socket took it.
    func settle(_ connection: Connection, _ sent: Connection.Sent) {
        switch sent {
        case .failure: close(connection)
        case .part: setInterest(connection, .writing)
        case .all:
            faultPoint("http-server.after-reply")
            if connection.isInFlight {
                connection.isInFlight = false
                shared.load.finished()
            }
            finishAnswer(connection)
        }
    }

    /// The answer is out.
    private func finishAnswer(_ connection: Connection) {
        guard connection.closesAfterAnswer else {
            connection.stage = .reading
            return
        }
        connection.finishSending()
        connection.stage = .lingering
        setInterest(connection, .reading)
        setDeadline(connection, ConnectionLoop.lingerMilliseconds)
    }

    /// For a client to read the last answer while it still sends. 2 s: a round trip and its retransmission.
    private static let lingerMilliseconds = 2000
}
