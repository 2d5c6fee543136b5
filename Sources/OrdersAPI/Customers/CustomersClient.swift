import CurlHTTPClient
import FaultPoints
import HTTPMessages
import JSON
import Telemetry
import WebApplication

/// The Customers API, as far as orders need it.
struct CustomersClient: Sendable {
    private let client: ResilientClient
    private let token: String

    init(_ client: ResilientClient, token: String) {
        self.client = client
        self.token = token
    }

    /// The customer, if they may order.
    ///
    /// - Throws: `.customerNotFound`, `.customerInactive`, `.customersUnavailable`, `.outOfTime`.
    func activeCustomer(id: Int64, _ call: CallContext) throws(OrderError) -> CustomerSnapshot {
        let request = Request(
            .get, "/admin/customers/internal/customers/\(id)",
            headers: call.headers(token: token))
        let response: Response
        do throws(TransportError) {
            faultPoint("orders.customer.before-send")
            response = try client.send(request, repeatable: .always, by: call.deadline)
            faultPoint("orders.customer.after-send")
        } catch {
            if case .deadlineExceeded = error { throw .outOfTime }
            throw .customersUnavailable(error.message, retryAfterSeconds: nil)
        }
        let json = try? JSONParser.parse(response.body)
        // A 404 without this code is somebody else's: a wrong base URL must not be kept under a key as a missing customer.
        if response.status == .notFound, json?["code"]?.string == "customer-not-found" { throw .customerNotFound }
        guard response.status == .ok else {
            throw .customersUnavailable(
                "The Customers API answered \(response.status).", retryAfterSeconds: RetryAfter.seconds(response))
        }
        guard let customer = CustomersClient.customer(json), customer.snapshot.id == id else {
            throw .customersUnavailable(
                "The Customers API's answer is not the customer that its contract describes.", retryAfterSeconds: nil)
        }
        guard customer.isActive else { throw .customerInactive }
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
