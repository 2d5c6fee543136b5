import JSON
import PythonPrograms

/// aiosmtpd, for as long as there is a reference to it. The local part of an address says what it does with a message.
final class RunningMail: Sendable {
    private let server: PythonProgram
    let settings: [String: String]

    init() throws {
        server = try PythonProgram("mail-server.py")
        settings = ["SMTP_URL": "smtp://127.0.0.1:\(try server.readLine())", "MAIL_FROM": "hello@shop.example"]
    }

    deinit { server.end() }

    /// The next message that was taken.
    func read() throws -> ReceivedMail { ReceivedMail(json: try JSONParser.parse(Array(server.readLine().utf8))) }
}

/// A message as the server's own reader understood it.
struct ReceivedMail {
    let json: JSONValue

    var recipient: String? { json["recipients"]?.array?.first?.string }
    var subject: String? { json["headers"]?["subject"]?.string }
    var messageID: String? { json["headers"]?["message-id"]?.string }
    var text: String { json["text"]?.string ?? "" }

    /// The path of the link in it, with its query.
    var target: String? {
        text.split(separator: "\n").first { $0.hasPrefix("http") }.flatMap { line in
            line.firstRange(of: "/api/").map { String(line[$0.lowerBound...]) }
        }
    }
}
