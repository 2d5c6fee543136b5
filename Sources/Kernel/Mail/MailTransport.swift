package import Concurrency
private import CurlLibrary
package import OutboundAddresses

/// The limits of `MailTransport`.
package struct MailTransportConfiguration: Sendable {
    /// 10 s for name and connection: mail servers greet late on purpose, but they accept at once.
    package var connectTimeoutMilliseconds = 10_000
    /// 60 s for one message, within the deadline: servers look into a message before they answer it.
    package var attemptTimeoutMilliseconds = 60_000
    /// Which addresses the server may have; nil for any.
    package var rule: OutboundAddressRule?
    /// The certificates that are trusted, in one PEM file; nil leaves libcurl its built-in path, if it has one.
    package var caBundlePath: String? = CurlLibrary.systemBundlePath
    /// Ends a message that is under way, within about a second; whether it was taken may not be known then. Nil for none.
    package var stop: StopToken?

    package init() {}
}

/// Hands messages to a mail server, by SMTP (RFC 5321) of libcurl. May be used from any number of threads.
package struct MailTransport: Sendable {
    private let server: MailServer
    private let configuration: MailTransportConfiguration

    package init(server: MailServer, configuration: MailTransportConfiguration = MailTransportConfiguration()) {
        self.server = server
        self.configuration = configuration
    }

    /// Hands one message over, on a connection of its own, and blocks until the server has answered it.
    ///
    /// - Parameter deadline: crossed by 2 s at most: libcurl looks once a second while it waits for the answer to a message, and
    ///   a server that took it has a second to say goodbye.
    /// - Throws: `MailError`; whether the message may have been taken is in its case.
    package func send(_ message: MailMessage, by deadline: Deadline) throws(MailError) {
        let deadline = deadline.capped(milliseconds: configuration.attemptTimeoutMilliseconds)
        guard deadline.remainingMilliseconds > 0 else { throw .later(code: nil, text: "the deadline has passed") }
        let handle = try MailHandle(server, configuration)
        try handle.perform(message, by: deadline)
    }
}
