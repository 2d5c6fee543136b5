private import Concurrency

/// The numbers that a service counts about itself, for a Prometheus server to collect.
///
/// Labels come from closed sets (operation, status), never from raw input; a metric still stops at `seriesMax` series, so
/// that a mistake cannot fill the memory, and counts what it left out.
package final class Metrics: Sendable {
    /// 1,000 series a metric: some thirty operations by a dozen statuses, several times over.
    package static let seriesMax = 1000

    package enum Kind: Sendable, Equatable {
        case counter
        /// Upper bounds of the buckets, ascending, without infinity.
        case histogram(buckets: [Double])
    }

    /// A metric's name (Prometheus naming: base units, `_total` for counters), help text and label names.
    package struct Definition: Sendable {
        package let name: String
        package let help: String
        package let kind: Kind
        package let labels: [String]

        package init(_ name: String, _ help: String, _ kind: Kind, labels: [String] = []) {
            self.name = name
            self.help = help
            self.kind = kind
            self.labels = labels
        }
    }

    struct Series {
        var sum = 0.0
        var count: UInt64 = 0
        var bucketCounts: [UInt64] = []
    }

    /// A number that is kept elsewhere.
    struct Reading: Sendable {
        let name: String
        let help: String
        let labels: [String]
        let type: String
        let read: @Sendable () -> [(labels: [String], number: String)]
    }

    struct State {
        var definitions: [Definition] = []
        var series: [String: [[String]: Series]] = [:]
        var readings: [Reading] = []
        var seriesDropped: UInt64 = 0
    }

    private let state: Lock<State>

    package init() { state = Lock(State()) }

    /// Adds one to the counter's series.
    package func increment(_ definition: Definition, _ labels: [String] = []) {
        update(definition, labels) { $0.count += 1 }
    }

    /// Adds a measurement to the histogram's series.
    package func observe(_ definition: Definition, _ labels: [String] = [], value: Double) {
        guard case .histogram(let buckets) = definition.kind else { return }
        update(definition, labels) { series in
            if series.bucketCounts.isEmpty { series.bucketCounts = Array(repeating: 0, count: buckets.count) }
            series.sum += value
            series.count += 1
            if let index = buckets.firstIndex(where: { value <= $0 }) { series.bucketCounts[index] += 1 }
        }
    }

    /// Registers a number that is read when somebody collects.
    ///
    /// - Parameter labels: of this number, where others of the name may come from elsewhere. A name is registered once.
    package func gauge(
        _ name: String, _ help: String, labels: KeyValuePairs<String, String> = [:],
        read: @escaping @Sendable () -> Double
    ) {
        let (names, values) = (labels.map(\.key), labels.map(\.value))
        register(Reading(name: name, help: help, labels: names, type: "gauge") { [(values, String(read()))] })
    }

    /// Registers several numbers of one name that are read together when somebody collects.
    ///
    /// - Parameters:
    ///   - labels: the names of what tells them apart.
    ///   - read: gives each number with as many values of labels.
    package func gauges(
        _ name: String, _ help: String, labels: [String],
        read: @escaping @Sendable () -> [(labels: [String], number: Double)]
    ) {
        register(
            Reading(name: name, help: help, labels: labels, type: "gauge") {
                read().map { ($0.labels, String($0.number)) }
            })
    }

    /// Registers a count that is kept elsewhere, and read when somebody collects.
    package func counter(_ name: String, _ help: String, read: @escaping @Sendable () -> UInt64) {
        register(Reading(name: name, help: help, labels: [], type: "counter") { [([], String(read()))] })
    }

    private func register(_ reading: Reading) { state.withLock { $0.readings.append(reading) } }

    /// The Prometheus text format, version 0.0.4.
    package func prometheusText() -> String { PrometheusText.render(state.withLock { $0 }) }

    private func update(_ definition: Definition, _ labels: [String], _ change: (inout Series) -> Void) {
        state.withLock { state in
            if state.series[definition.name] == nil {
                state.definitions.append(definition)
                state.series[definition.name] = [:]
            }
            if let count = state.series[definition.name]?.count, count >= Metrics.seriesMax,
                state.series[definition.name]?[labels] == nil
            {
                state.seriesDropped += 1
                return
            }
            change(&state.series[definition.name, default: [:]][labels, default: Series()])
        }
    }
}
