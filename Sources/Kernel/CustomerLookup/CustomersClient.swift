package import CurlHTTPClient
private import HTTPMessages
private import JSON
package import Telemetry
package import WebApplication

/// The Customers API, as far as whoever takes orders needs it.
package struct CustomersClient: Sendable {
    private let client: ResilientClient
    private let token: ServiceToken

    package init(_ client: ResilientClient, token: ServiceToken) {
        self.client = client
        self.token = token
    }

    /// The customer, if they may order.
    package func activeCustomer(id: Int64, _ call: CallContext) throws(CustomerLookupError) -> CustomerSnapshot {
        let request = Request(
            .get, "/admin/customers/internal/customers/\(id)", headers: call.headers(token: token))
        let response: Response
        do throws(TransportError) {
            response = try client.send(request, repeatable: .always, by: call.deadline, tracer: call.tracer)
        } catch {
            if case .deadlineExceeded = error { throw .outOfTime }
            throw .unavailable(error.message, retryAfterSeconds: error.retryAfterSeconds)
        }
        let json = try? JSONParser.parse(response.body)
        // A 404 without this code is somebody else's: a wrong base URL must not pass for a missing customer.
        if response.status == .notFound, json?["code"]?.string == ProblemType.customerNotFound.code { throw .notFound }
        guard response.status == .ok else {
            throw .unavailable(
                "The Customers API answered \(response.status).", retryAfterSeconds: RetryAfter.seconds(response))
        }
        guard let customer = CustomersClient.customer(json), customer.snapshot.id == id else {
            throw .unavailable(
                "The Customers API's answer is not the customer that its contract describes.", retryAfterSeconds: nil)
        }
        guard customer.isActive else { throw .inactive }
        return customer.snapshot
    }

    private static func customer(_ json: JSONValue?) -> (snapshot: CustomerSnapshot, isActive: Bool)? {
        guard let data = json?["data"], let id = data["id"]?.integer,
            let name = data["name"]?.string, let email = data["email"]?.string, let phone = data["phone"]?.string,
            let isActive = data["is_active"]?.bool
        else { return nil }
        return (CustomerSnapshot(id: id, name: name, email: email, phone: phone), isActive)
    }
}
