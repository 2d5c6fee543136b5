private import Concurrency

/// The numbers that a service counts about itself, for a Prometheus server to collect.
///
/// A counter is declared with its series before anything happens, so that its first increase is seen as one. Labels come from
/// closed sets (operation, status), never from raw input; a metric still stops at `seriesMax` series, so that a mistake cannot fill the
/// memory, and counts what it left out.
package final class Metrics: Sendable {
    /// 1,000 series a metric: some thirty operations by a dozen statuses, several times over.
    package static let seriesMax = 1000
    /// What a label says of a value that is in none of its closed set.
    package static let other = "_OTHER"

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

        init(_ kind: Kind) {
            if case .histogram(let buckets) = kind { bucketCounts = Array(repeating: 0, count: buckets.count) }
        }
    }

    /// A metric whose numbers are kept here.
    struct Family {
        let definition: Definition
        var series: [[String]: Series] = [:]
    }

    /// A metric whose numbers are kept elsewhere, by one or several.
    struct Reading: Sendable {
        typealias Samples = [(labels: [String], number: String)]

        let name: String
        let help: String
        let type: String
        var sources: [(labels: [String], read: @Sendable () -> Samples)]
    }

    struct State {
        var families: [Family] = []
        /// Where in `families` a name stands.
        var places: [String: Int] = [:]
        var readings: [Reading] = []
        var seriesDropped: UInt64 = 0

        fileprivate mutating func place(of definition: Definition) -> Int {
            if let place = places[definition.name] { return place }
            families.append(Family(definition: definition))
            places[definition.name] = families.count - 1
            return families.count - 1
        }
    }

    private let state: Lock<State>
    private let embedded: EmbeddedMetrics?

    /// - Parameter embedded: hears of each measurement as well.
    package init(embedded: EmbeddedMetrics? = nil) {
        state = Lock(State())
        self.embedded = embedded
    }

    /// Has a metric show these series from now on, at zero until something happens. More than one may declare the same metric.
    ///
    /// - Parameter series: the values of the labels of each; one without labels where nothing is said.
    package func declare(_ definition: Definition, _ series: [[String]] = [[]]) {
        state.withLock { state in
            let place = state.place(of: definition)
            for labels in series where state.families[place].series[labels] == nil {
                state.families[place].series[labels] = Series(definition.kind)
            }
        }
    }

    /// Adds to the counter's series.
    package func increment(_ definition: Definition, _ labels: [String] = [], by count: Int = 1) {
        guard count > 0 else { return }
        update(definition, labels) { $0.count += UInt64(count) }
        embedded?.note(definition, labels, Double(count))
    }

    /// Adds a measurement to the histogram's series.
    package func observe(_ definition: Definition, _ labels: [String] = [], value: Double) {
        guard case .histogram(let buckets) = definition.kind else { return }
        update(definition, labels) { series in
            series.sum += value
            series.count += 1
            if let index = buckets.firstIndex(where: { value <= $0 }) { series.bucketCounts[index] += 1 }
        }
        embedded?.note(definition, labels, value)
    }

    /// Registers a number that is read when somebody collects.
    ///
    /// - Parameter labels: of this number, where others of the name come from elsewhere.
    package func gauge(
        _ name: String, _ help: String, labels: KeyValuePairs<String, String> = [:],
        read: @escaping @Sendable () -> Double
    ) {
        let values = labels.map(\.value)
        register(name, help, "gauge", labels: labels.map(\.key)) { [(values, String(read()))] }
    }

    /// Registers several numbers of one name that are read together when somebody collects.
    ///
    /// - Parameters:
    ///   - labels: the names of what tells them apart.
    ///   - read: gives each number with as many values of labels.
    package func gauges(
        _ name: String, _ help: String, labels: [String] = [],
        read: @escaping @Sendable () -> [(labels: [String], number: Double)]
    ) {
        register(name, help, "gauge", labels: labels) { read().map { ($0.labels, String($0.number)) } }
    }

    /// Registers a count that is kept elsewhere, and read when somebody collects.
    package func counter(_ name: String, _ help: String, read: @escaping @Sendable () -> UInt64) {
        register(name, help, "counter", labels: []) { [([], String(read()))] }
    }

    /// As above, of seconds.
    package func secondsCounter(_ name: String, _ help: String, read: @escaping @Sendable () -> Double) {
        register(name, help, "counter", labels: []) { [([], String(read()))] }
    }

    /// Registers several counts of one name that are kept elsewhere, and read together when somebody collects.
    package func counters(
        _ name: String, _ help: String, labels: [String],
        read: @escaping @Sendable () -> [(labels: [String], count: UInt64)]
    ) {
        register(name, help, "counter", labels: labels) { read().map { ($0.labels, String($0.count)) } }
    }

    private func register(
        _ name: String, _ help: String, _ type: String, labels: [String],
        read: @escaping @Sendable () -> Reading.Samples
    ) {
        state.withLock { state in
            if let index = state.readings.firstIndex(where: { $0.name == name }) {
                state.readings[index].sources.append((labels, read))
            } else {
                state.readings.append(Reading(name: name, help: help, type: type, sources: [(labels, read)]))
            }
        }
    }

    /// The Prometheus text format, version 0.0.4.
    package func prometheusText() -> String { PrometheusText.render(state.withLock { $0 }) }

    private func update(_ definition: Definition, _ labels: [String], _ change: (inout Series) -> Void) {
        state.withLock { state in
            let place = state.place(of: definition)
            if state.families[place].series.count >= Metrics.seriesMax, state.families[place].series[labels] == nil {
                state.seriesDropped += 1
                return
            }
            change(&state.families[place].series[labels, default: Series(definition.kind)])
        }
    }
}
