private import Concurrency
package import CurlHTTPClient
private import HTTPMessages
private import JSON
internal import Telemetry
package import WebApplication

/// The Customers API's list of those who were erased.
package struct ErasureClient: Sendable {
    /// Why there is no page.
    package struct Failure: Error {
        package let reason: String
    }

    struct Page {
        let notices: [ErasureNotice]
        let hasNext: Bool
    }

    /// 100 a page, the most there are on one.
    private static let limit = 100
    /// 5 s for a list that costs milliseconds.
    private static let timeoutMilliseconds = 5000

    private let transport: any HTTPTransport
    private let origin: Origin
    private let token: ServiceToken

    /// - Parameter token: by which the Customers API knows a service.
    package init(transport: any HTTPTransport, origin: Origin, token: ServiceToken) {
        self.transport = transport
        self.origin = origin
        self.token = token
    }

    /// Those who were erased at `from` or later; of those at `from` the ones above `afterID` only.
    func page(from: Timestamp?, afterID: Int64) throws(Failure) -> Page {
        var target = "/admin/customers/internal/erased?limit=\(ErasureClient.limit)"
        if let from { target += "&from=\(from.rfc3339)&after_id=\(afterID)" }
        let request = Request(
            .get, target,
            headers: [
                "Authorization": "Bearer \(token.current)", "X-Correlation-Id": "customer-erasures",
                "X-Request-Timeout-Ms": String(ErasureClient.timeoutMilliseconds),
            ])
        let response: Response
        do throws(TransportError) {
            response = try transport.send(
                request, to: origin, by: .after(milliseconds: ErasureClient.timeoutMilliseconds))
        } catch {
            throw Failure(reason: error.message)
        }
        guard response.status == .ok else { throw Failure(reason: "The Customers API answered \(response.status).") }
        guard let page = Page(response.body) else {
            throw Failure(reason: "The Customers API's answer is not the list that its contract describes.")
        }
        return page
    }
}

extension ErasureClient.Page {
    /// - Returns: nil for what is no page, or no end of one.
    fileprivate init?(_ body: [UInt8]) {
        guard let json = try? JSONParser.parse(body), let rows = json["data"]?.array,
            let hasNext = json["meta"]?["has_next"]?.bool, !(hasNext && rows.isEmpty)
        else { return nil }
        var notices: [ErasureNotice] = []
        for row in rows {
            guard let id = row["customer_id"]?.integer, let time = row["erased_at"]?.string.flatMap({ Timestamp($0) })
            else { return nil }
            notices.append(ErasureNotice(customerID: id, erasedAt: time))
        }
        self.init(notices: notices, hasNext: hasNext)
    }
}
