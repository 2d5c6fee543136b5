/// Why a message is not known to have been taken.
package enum MailError: Error, Equatable {
    /// The server will not take it: it answered the recipient or the message with 5xx. The message was not taken.
    case refused(code: Int, text: String)
    /// Not now: the server answered 4xx, or does not let this client in, or was not reached. The message was not taken.
    ///
    /// - Parameter code: of the server's reply; nil where there was none.
    case later(code: Int?, text: String)
    /// The connection broke, or the time was up, after the message had been handed over: it may have been taken.
    case unknown(text: String)
    /// The server's address may not be reached; nothing was sent.
    case addressRefused(String)

    /// One sentence for the log; what the server said is in it, never the message.
    package var message: String {
        switch self {
        case .refused(let code, let text): "The mail was refused: \(code) \(text)."
        case .later(let code, let text): "The mail was not taken now: \(code.map { "\($0) " } ?? "")\(text)."
        case .unknown(let text): "The mail may have been taken: \(text)."
        case .addressRefused(let address): "The mail was not sent: the server's address \(address) may not be reached."
        }
    }
}
