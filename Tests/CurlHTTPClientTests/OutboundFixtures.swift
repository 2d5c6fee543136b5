import Concurrency
import CurlHTTPClient
import HTTPMessages
import OutboundAddresses
import ScriptedServer
import Testing

extension OutboundAddressRule {
    static func allowing(_ networks: String...) throws -> OutboundAddressRule {
        OutboundAddressRule(allowed: try networks.map { try #require(IPNetwork($0)) })
    }

    /// This machine's own servers, in tests.
    static var loopback: OutboundAddressRule { get throws { try .allowing("127.0.0.0/8") } }

    /// What takes any URL, so that only the connection is judged.
    static var everything: OutboundAddressRule { get throws { try .allowing("0.0.0.0/0", "::/0") } }
}

extension ScriptedServer {
    func webhookURL(_ target: String = "/hook") throws -> WebhookURL {
        try WebhookURL(url + target, rule: .loopback)
    }
}

extension OutboundTransport {
    convenience init(
        _ rule: OutboundAddressRule, _ change: (inout OutboundTransportConfiguration) -> Void
    ) {
        var configuration = OutboundTransportConfiguration()
        change(&configuration)
        self.init(rule: rule, configuration: configuration)
    }

    func post(
        to url: WebhookURL, _ body: String = "{}", headers: HeaderFields = [:], endpointID: Int64 = 1,
        milliseconds: Int = 10_000
    ) throws(TransportError) -> Response {
        try post(
            Array(body.utf8), headers: headers, to: url, endpointID: endpointID, by: .after(milliseconds: milliseconds))
    }

    /// The error of a request that has to fail.
    func failure(
        to url: WebhookURL, milliseconds: Int = 10_000, sourceLocation: SourceLocation = #_sourceLocation
    ) -> TransportError? {
        do throws(TransportError) {
            let response = try post(to: url, milliseconds: milliseconds)
            Issue.record("There was a reply: \(response.status)", sourceLocation: sourceLocation)
            return nil
        } catch { return error }
    }
}
