private import Concurrency
private import JSON

/// What a process measures, as log lines that CloudWatch makes metrics of: for where nobody can come and collect (Lambda).
///
/// Each line has what was measured since the last ones: counters what they grew by, and each duration by itself. A line belongs to one
/// set of labels, which are its dimensions.
///
/// https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
package final class EmbeddedMetrics: Sendable {
    /// 100 metrics of a line, and 100 values of a metric in it: CloudWatch takes no more.
    static let metricsMax = 100
    static let valuesMax = 100
    /// 10,000 measurements between two takings: a hundred times what an invocation measures. More are dropped and counted.
    static let measurementsMax = 10_000
    /// 1024 bytes of a dimension's value: CloudWatch takes no longer one.
    private static let dimensionBytesMax = 1024

    /// The measurements that were dropped, as a metric.
    static let dropped = "measurements_dropped_total"

    private struct Series {
        let name: String
        let unit: String
        let dimensions: [(name: String, value: String)]
        var values: [Double]
    }

    private struct Key: Hashable {
        let name: String
        let labels: [String]
    }

    private struct State {
        var series: [Key: Series] = [:]
        /// In the order of the first measurement.
        var keys: [Key] = []
        var count = 0
        var droppedCount = 0
    }

    private let namespace: String
    private let service: String
    private let state = Lock(State())

    /// - Parameters:
    ///   - namespace: CloudWatch's name for what belongs together.
    ///   - service: a dimension of all.
    package init(namespace: String, service: String) {
        self.namespace = namespace
        self.service = service
    }

    /// Takes a measurement; for `Metrics`.
    func note(_ definition: Metrics.Definition, _ labels: [String], _ value: Double) {
        let key = Key(name: definition.name, labels: labels)
        state.withLock { state in
            guard state.count < EmbeddedMetrics.measurementsMax else {
                state.droppedCount += 1
                return
            }
            state.count += 1
            if state.series[key] == nil {
                state.keys.append(key)
                state.series[key] = Series(
                    name: definition.name, unit: EmbeddedMetrics.unit(of: definition),
                    dimensions: EmbeddedMetrics.dimensions(definition.labels, labels), values: [])
            }
            if definition.kind == .counter, state.series[key]?.values.isEmpty == false {
                state.series[key]?.values[0] += value
                state.count -= 1
            } else {
                state.series[key]?.values.append(value)
            }
        }
    }

    /// What was measured since the last call, a line each with its line break; nothing where there was nothing.
    ///
    /// - Parameter time: the moment that CloudWatch counts it for.
    package func takeLines(at time: Timestamp) -> [[UInt8]] {
        var taken = State()
        state.withLock { swap(&$0, &taken) }
        var series = taken.keys.compactMap { taken.series[$0] }
        if taken.droppedCount > 0 {
            series.append(
                Series(
                    name: EmbeddedMetrics.dropped, unit: "Count", dimensions: [], values: [Double(taken.droppedCount)]))
        }
        // What has the same labels goes into one line, as far as it has one value each.
        var lines: [(dimensions: [(name: String, value: String)], metrics: [Series])] = []
        for whole in series {
            for part in EmbeddedMetrics.parts(of: whole) {
                let index = lines.firstIndex { line in
                    line.metrics.count < EmbeddedMetrics.metricsMax
                        && line.dimensions.elementsEqual(part.dimensions, by: ==)
                        && !line.metrics.contains { $0.name == part.name }
                }
                if let index { lines[index].metrics.append(part) } else { lines.append((part.dimensions, [part])) }
            }
        }
        return lines.map { line($0.dimensions, $0.metrics, at: time) }
    }

    private static func parts(of series: Series) -> [Series] {
        stride(from: 0, to: series.values.count, by: valuesMax).map { start in
            var part = series
            part.values = Array(series.values[start..<min(start + valuesMax, series.values.count)])
            return part
        }
    }

    private func line(_ dimensions: [(name: String, value: String)], _ metrics: [Series], at time: Timestamp) -> [UInt8]
    {
        var line = JSONWriter.object { writer in
            writer.member(
                "_aws",
                object: { writer in
                    writer.member("Timestamp", time.microsecondsSince1970 / 1000)
                    writer.member(
                        "CloudWatchMetrics",
                        array: { writer in
                            writer.object { writer in
                                writer.member("Namespace", namespace)
                                writer.member(
                                    "Dimensions",
                                    array: { writer in
                                        writer.array { writer in
                                            writer.write("service")
                                            for dimension in dimensions { writer.write(dimension.name) }
                                        }
                                    })
                                writer.member(
                                    "Metrics",
                                    array: { writer in
                                        for metric in metrics {
                                            writer.object { writer in
                                                writer.member("Name", metric.name)
                                                writer.member("Unit", metric.unit)
                                            }
                                        }
                                    })
                            }
                        })
                })
            writer.member("service", service)
            for dimension in dimensions { writer.member(dimension.name, dimension.value) }
            for metric in metrics {
                if metric.values.count == 1 {
                    writer.member(metric.name, metric.values[0])
                } else {
                    writer.member(metric.name, array: { writer in for value in metric.values { writer.write(value) } })
                }
            }
        }
        line.append(UInt8(ascii: "\n"))
        return line
    }

    /// Without labels that have no value here: CloudWatch has no empty ones.
    private static func dimensions(_ names: [String], _ values: [String]) -> [(name: String, value: String)] {
        zip(names, values).compactMap { name, value in
            value.isEmpty ? nil : (name, String(decoding: value.utf8.prefix(dimensionBytesMax), as: UTF8.self))
        }
    }

    private static func unit(of definition: Metrics.Definition) -> String {
        switch definition.kind {
        case .counter: "Count"
        case .histogram:
            if definition.name.hasSuffix("_seconds") {
                "Seconds"
            } else if definition.name.hasSuffix("_bytes") {
                "Bytes"
            } else {
                "None"
            }
        }
    }
}
