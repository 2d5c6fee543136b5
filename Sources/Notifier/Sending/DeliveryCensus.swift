import Concurrency
import MySQL
import Telemetry

/// Counts what waits to be delivered, for the metrics.
struct DeliveryCensus {
    /// 15 s: as often as a Prometheus server commonly collects.
    private static let intervalMilliseconds = 15_000
    private static let storeMilliseconds = 5000
    /// 100,000: more is counted as this many, since a count reads each.
    private static let countMax = 100_000

    let database: Database
    let lanes: LaneStore
    let endpoints: EndpointStore
    let metrics: DeliveryMetrics
    let logger: Logger

    var worker: Worker {
        Worker("delivery-census", intervalMilliseconds: DeliveryCensus.intervalMilliseconds) { _ in
            do throws(DatabaseError) { try run() } catch {
                logger.warning("deliveries not counted", ["cause": error.description])
            }
        }
    }

    func run() throws(DatabaseError) {
        let (due, failing) = try database.read(by: .after(milliseconds: DeliveryCensus.storeMilliseconds)) {
            (session: borrowing ReadSession<DatabaseError>) throws(DatabaseError) in
            let failing = try endpoints.active(in: session).count { $0.failingSince != nil }
            return (try lanes.dueCount(max: DeliveryCensus.countMax, in: session), failing)
        }
        metrics.note(lanesDue: due, endpointsFailing: failing)
    }
}
