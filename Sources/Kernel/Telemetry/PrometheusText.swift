/// Prometheus' text exposition format, version 0.0.4.
enum PrometheusText {
    static func render(_ state: Metrics.State) -> String {
        var text = ""
        for family in state.families { text += render(family) }
        for reading in state.readings {
            text += head(reading.name, reading.help, reading.type)
            for source in reading.sources {
                for (values, number) in source.read() {
                    text += "\(reading.name)\(labels(source.labels, values)) \(number)\n"
                }
            }
        }
        text += head(
            "metrics_series_dropped_total", "Measurements left out because their metric had too many series.",
            "counter")
        text += "metrics_series_dropped_total \(state.seriesDropped)\n"
        return text
    }

    private static func render(_ family: Metrics.Family) -> String {
        let definition = family.definition
        let series = family.series.sorted { $0.key.lexicographicallyPrecedes($1.key) }
        switch definition.kind {
        case .counter:
            var text = head(definition.name, definition.help, "counter")
            for (values, series) in series {
                text += "\(definition.name)\(labels(definition.labels, values)) \(series.count)\n"
            }
            return text
        case .histogram(let buckets):
            var text = head(definition.name, definition.help, "histogram")
            for (values, series) in series { text += histogram(definition, buckets, values, series) }
            return text
        }
    }

    private static func head(_ name: String, _ help: String, _ type: String) -> String {
        "# HELP \(name) \(help)\n# TYPE \(name) \(type)\n"
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
