private import Concurrency
package import CurlHTTPClient
private import HTTPMessages
private import JSON
private import Resilience
package import Telemetry
package import WebApplication

/// The Customers API, as far as whoever takes orders needs it.
package struct CustomersClient: Sendable {
    /// 250 ms: a look-up takes a few milliseconds. Where half of those under way take fifty times that, it is not load.
    private static let patienceMilliseconds = 250

    /// 64 bytes: more than any code of a problem has. A longer one is somebody else's, and no text for the log.
    private static let codeBytesMax = 64

    /// What stands before the look-ups; nil where the client was made elsewhere.
    package let guards: DependencyGuards?
    private let client: ResilientClient
    private let token: ServiceToken

    package init(_ client: ResilientClient, token: ServiceToken, guards: DependencyGuards? = nil) {
        self.client = client
        self.token = token
        self.guards = guards
    }

    /// - Parameter token: by which the Customers API knows a service.
    package init(
        _ settings: CustomersClientSettings, token: ServiceToken, transport: any HTTPTransport, _ logger: Logger,
        _ metrics: Metrics
    ) {
        let events = DependencyEvents("customers-api", logger, metrics)
        let guards = events.guards(
            callersMax: settings.callersMax, patienceMilliseconds: CustomersClient.patienceMilliseconds,
            circuit: settings.circuit)
        let client = ResilientClient(
            transport: MeasuredTransport(transport, "customers-api", metrics), origin: settings.origin, guards: guards,
            observe: events.report)
        self.init(client, token: token, guards: guards)
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
        let code = json?["code"]?.string.flatMap { $0.utf8.count <= CustomersClient.codeBytesMax ? $0 : nil }
        if response.status == .notFound, code == ProblemType.customerNotFound.code { throw .notFound }
        guard response.status == .ok else {
            throw .unavailable(
                "The Customers API answered \(code ?? "\(response.status)").",
                retryAfterSeconds: RetryAfter.seconds(response))
        }
        // Of one who was erased nothing else is known.
        if json?["data"]?["id"]?.integer == id, json?["data"]?["is_active"]?.bool == false { throw .inactive }
        guard let customer = CustomersClient.customer(json), customer.id == id else {
            throw .unavailable(
                "The Customers API's answer is not the customer that its contract describes.", retryAfterSeconds: nil)
        }
        return customer
    }

    /// One who may order.
    private static func customer(_ json: JSONValue?) -> CustomerSnapshot? {
        guard let data = json?["data"], let id = data["id"]?.integer,
            let name = data["name"]?.string, let email = data["email"]?.string, let phone = data["phone"]?.string,
            data["is_active"]?.bool == true
        else { return nil }
        return CustomerSnapshot(id: id, name: name, email: email, phone: phone)
    }
}
