/// Prometheus' text exposition format, version 0.0.4.
enum PrometheusText {
    static func render(_ state: Metrics.State) -> String {
        var text = ""
        for definition in state.definitions {
            let series = (state.series[definition.name] ?? [:]).sorted { $0.key.lexicographicallyPrecedes($1.key) }
            text += "# HELP \(definition.name) \(definition.help)\n"
            switch definition.kind {
            case .counter:
                text += "# TYPE \(definition.name) counter\n"
                for (values, series) in series {
                    text += "\(definition.name)\(labels(definition.labels, values)) \(series.count)\n"
                }
            case .histogram(let buckets):
                text += "# TYPE \(definition.name) histogram\n"
                for (values, series) in series { text += histogram(definition, buckets, values, series) }
            }
        }
        for reading in state.readings {
            text += "# HELP \(reading.name) \(reading.help)\n# TYPE \(reading.name) \(reading.type)\n"
            for (values, number) in reading.read() {
                text += "\(reading.name)\(labels(reading.labels, values)) \(number)\n"
            }
        }
        text += "# HELP metrics_series_dropped_total Measurements left out because their metric had too many series.\n"
        text += "# TYPE metrics_series_dropped_total counter\nmetrics_series_dropped_total \(state.seriesDropped)\n"
        return text
    }

    private static func histogram(
        _ definition: Metrics.Definition, _ buckets: [Double], _ values: [String], _ series: Metrics.Series
    ) -> String {
        var text = ""
        var cumulative: UInt64 = 0
        for (bound, count) in zip(buckets, series.bucketCounts) {
            cumulative += count
            let labels = labels(definition.labels + ["le"], values + [String(bound)])
            text += "\(definition.name)_bucket\(labels) \(cumulative)\n"
        }
        text += "\(definition.name)_bucket\(labels(definition.labels + ["le"], values + ["+Inf"])) \(series.count)\n"
        text += "\(definition.name)_sum\(labels(definition.labels, values)) \(series.sum)\n"
        text += "\(definition.name)_count\(labels(definition.labels, values)) \(series.count)\n"
        return text
    }

    private static func labels(_ names: [String], _ values: [String]) -> String {
        guard !names.isEmpty else { return "" }
        return "{" + zip(names, values).map { "\($0)=\"\(escaped($1))\"" }.joined(separator: ",") + "}"
    }

    private static func escaped(_ value: String) -> String {
        var text = String.UnicodeScalarView()
        for scalar in value.unicodeScalars {
            switch scalar {
            case "\\", "\"": text.append(contentsOf: ["\\", scalar])
            case "\n": text.append(contentsOf: ["\\", "n"])
            default: text.append(scalar)
            }
        }
        return String(text)
    }
}
