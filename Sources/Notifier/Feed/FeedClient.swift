import Concurrency
import CurlHTTPClient
import HTTPMessages
import JSON
import WebApplication

/// The feed of the Orders API.
struct FeedClient {
    /// Why there is no page.
    enum Failure: Error {
        /// The log does not know the position: it was restored, or another one took its place.
        case rewound
        /// The page is larger than is read.
        case tooLarge
        /// It cannot be reached, or does not serve now.
        case unavailable(String)
        /// It answers something else than its contract says.
        case unreadable(String)
    }

    /// 20 s: how long the feed may wait for an event before it answers with none.
    private static let waitSeconds = 20
    /// 5 s more than that for the answer.
    private static let timeoutMilliseconds = (waitSeconds + 5) * 1000

    private let transport: any HTTPTransport
    private let origin: Origin
    private let token: ServiceToken

    init(transport: any HTTPTransport, origin: Origin, token: ServiceToken) {
        self.transport = transport
        self.origin = origin
        self.token = token
    }

    /// The limits of a transport for this client.
    static func transportConfiguration(_ tls: ServiceTLS, stop: StopToken) -> CurlTransportConfiguration {
        var configuration = CurlTransportConfiguration(tls)
        configuration.attemptTimeoutMilliseconds = timeoutMilliseconds
        // 500 events of 64 KiB, which are rarely larger than 1.
        configuration.replyBytesMax = 40 * 1024 * 1024
        configuration.handlesMax = 1
        configuration.stop = stop
        return configuration
    }

    /// Up to `limit` events after `position`.
    ///
    /// - Parameter waits: whether to wait for one where there is none.
    func page(after position: String, limit: Int, waits: Bool) throws(Failure) -> FeedPage {
        let after = position.utf8.map(FeedClient.escaped).joined()
        var request = Request(
            .get, "/admin/events/find-all?after=\(after)&limit=\(limit)",
            headers: [
                "Authorization": "Bearer \(token.current)",
                "X-Request-Timeout-Ms": String(FeedClient.timeoutMilliseconds),
            ])
        if waits { request.headers["Prefer"] = "wait=\(FeedClient.waitSeconds)" }
        let response: Response
        do throws(TransportError) {
            response = try transport.send(
                request, to: origin, by: .after(milliseconds: FeedClient.timeoutMilliseconds))
        } catch {
            if case .replyTooLarge = error { throw .tooLarge }
            throw .unavailable(error.message)
        }
        guard response.status == .ok else { throw FeedClient.failure(response) }
        guard let page = FeedPage(response.body) else {
            throw .unreadable("The feed's answer is not the page that its contract describes.")
        }
        return page
    }

    private static func failure(_ response: Response) -> Failure {
        // A 410 without this code is somebody else's.
        if response.status.code == 410, let json = try? JSONParser.parse(response.body),
            json["code"]?.string == "events-rewound"
        {
            return .rewound
        }
        return .unavailable("The feed answered \(response.status).")
    }

    private static func escaped(_ byte: UInt8) -> String {
        if HTTPSyntax.isUnreserved(byte) { return String(UnicodeScalar(byte)) }
        let hex = String(byte, radix: 16, uppercase: true)
        return "%" + (hex.count < 2 ? "0" : "") + hex
    }
}
