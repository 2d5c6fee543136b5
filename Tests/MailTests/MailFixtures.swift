import Concurrency
import JSON
import PythonPrograms
import Testing

@testable import Mail

/// A message as the server's own reader understood it.
struct ReceivedMail {
    let json: JSONValue

    func header(_ name: String) -> String? { json["headers"]?[name]?.string }
    var text: String? { json["text"]?.string }
    var raw: String? { json["raw"]?.string }
}

/// Runs aiosmtpd for the length of `body`.
func withMailServer<T>(arguments: [String] = [], _ body: (PythonProgram, String) throws -> T) throws -> T {
    let server = try PythonProgram("mail-server.py", arguments: arguments)
    defer { server.end() }
    return try body(server, try server.readLine())
}

extension PythonProgram {
    func readMail() throws -> ReceivedMail { ReceivedMail(json: try JSONParser.parse(Array(readLine().utf8))) }
}

func message(
    to local: String = "taken", subject: String = "Order 17", text: String = "It is confirmed.\n",
    messageID: String = "17.3@orders.example"
) throws -> MailMessage {
    try MailMessage(
        from: try #require(MailAddress("orders@example.com")), to: try #require(MailAddress("\(local)@example.com")),
        subject: subject, text: text, messageID: messageID, dateSeconds: 1_795_983_423)
}

extension MailTransport {
    init(_ url: String, _ change: (inout MailTransportConfiguration) -> Void = { _ in }) throws {
        var configuration = MailTransportConfiguration()
        change(&configuration)
        self.init(server: try #require(MailServer(url)), configuration: configuration)
    }

    /// The error of a message that must not be taken.
    func failure(
        _ message: MailMessage, milliseconds: Int = 10_000, sourceLocation: SourceLocation = #_sourceLocation
    ) -> MailError? {
        do throws(MailError) {
            try send(message, by: .after(milliseconds: milliseconds))
            Issue.record("The message was taken.", sourceLocation: sourceLocation)
            return nil
        } catch { return error }
    }
}

extension MailError {
    var isUnknown: Bool { if case .unknown = self { true } else { false } }
    var isLaterWithoutReply: Bool { if case .later(code: nil, _) = self { true } else { false } }
}
