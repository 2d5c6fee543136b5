import Concurrency
import ConcurrencyTesting
import HTTPMessages
import ScriptedServer
import WebhookSignatures

@testable import Notifier

/// A receiver of webhooks on a real port, which keeps what it gets and answers as a test says.
final class WebhookReceiver: Sendable {
    struct Message: Sendable {
        let headers: HeaderFields
        let body: [UInt8]
        let at: Deadline

        var id: String { headers["webhook-id"] ?? "" }
        var text: String { String(decoding: body, as: UTF8.self) }
    }

    let messages = Observed<[Message]>([])
    private let server: ScriptedServer

    /// - Parameter answer: the status line's end for a message, given how many came before it, and header fields; a status of "" closes
    ///   the connection without a reply.
    init(
        _ answer: @escaping @Sendable (Message, Int) -> (status: String, headers: [String]) = { _, _ in
            ("204 No Content", [])
        }
    ) throws {
        let messages = messages
        server = try ScriptedServer { connection in
            while let request = connection.readRequest() {
                let fields = request.headers.map { HeaderFields.Field(name: $0.name, value: $0.value) }
                let message = Message(
                    headers: HeaderFields(fields), body: request.body, at: .after(milliseconds: 0))
                let before = Observed(0)
                messages.change { all in
                    before.change { $0 = all.count }
                    all.append(message)
                }
                let (status, headers) = answer(message, before.value)
                guard !status.isEmpty, connection.reply(status, headers: headers) else { return }
            }
        }
    }

    deinit { server.stop() }

    var url: String { server.url + "/hook" }
    var ids: [String] { messages.value.map(\.id) }

    func stop() { server.stop() }

    /// Waits for so many messages.
    func wait(for count: Int, withinMilliseconds milliseconds: Int = 20_000) -> Bool {
        messages.wait(withinMilliseconds: milliseconds) { $0.count >= count }
    }
}

/// A channel that delivers nowhere and answers at once.
struct CountingChannel: DeliveryChannel {
    let sent = Observed<[(endpointID: Int64, id: String)]>([])
    let outcome: @Sendable (OutgoingEvent, DeliveryTarget) -> AttemptOutcome

    init(_ outcome: @escaping @Sendable (OutgoingEvent, DeliveryTarget) -> AttemptOutcome = { _, _ in .delivered }) {
        self.outcome = outcome
    }

    func send(_ event: OutgoingEvent, to target: DeliveryTarget) -> SendResult {
        sent.change { $0.append((target.endpointID, event.id)) }
        return SendResult(outcome: outcome(event, target), status: 200)
    }
}
