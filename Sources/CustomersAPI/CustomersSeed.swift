import Concurrency
import DatabaseWebService
import Idempotency
import Telemetry
import WebService

/// A few customers to try the service with. Those that exist already are left as they are.
struct CustomersSeed {
    let service: CustomerService

    private static let customers: [(name: String, email: String, phone: String, identityCard: String)] = [
        ("Ana Torres", "ana.torres@example.com", "+593 99 123 4567", "0102030405"),
        ("Luis Vega", "luis.vega@example.com", "+593 98 765 4321", "0926687856"),
        ("Marta Ruiz", "marta.ruiz@example.com", "+593 97 555 0101", "1102345678"),
    ]

    func run(_ logger: Logger) throws(CommandError) {
        let deadline = Deadline.after(milliseconds: 30_000)
        let call = CallContext(
            deadline: deadline, trace: TraceContext(continuing: nil), correlationID: "seed", logger: logger)
        for customer in CustomersSeed.customers {
            guard let email = Email(customer.email) else { continue }
            let new = NewCustomer(
                name: customer.name, email: email, phone: customer.phone, identityCard: customer.identityCard,
                address: nil)
            do throws(CustomerError) {
                if try !service.exists(email: email, by: deadline) { _ = try service.create(new, .none, call) }
            } catch {
                throw .seedingFailed(error.databaseError ?? error)
            }
        }
        logger.info("seeded", ["customers": CustomersSeed.customers.count])
    }
}
