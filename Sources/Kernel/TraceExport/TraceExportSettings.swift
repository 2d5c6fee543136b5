internal import CurlHTTPClient
internal import HTTPMessages
package import Settings

/// Where spans are sent, and which: OpenTelemetry's own variables, as far as they say something here.
///
/// https://opentelemetry.io/docs/specs/otel/protocol/exporter/
package struct TraceExportSettings: Sendable {
    /// 2048, as OpenTelemetry has it: the spans of some hundred requests, 2 MiB.
    static let queueMaxDefault = 2048
    /// 5 s, as OpenTelemetry has it.
    static let delayMillisecondsDefault = 5000
    /// 10 s for one request, as OpenTelemetry has it: a collector that takes longer is in trouble.
    static let timeoutMillisecondsDefault = 10_000
    /// 16: a token or two, and a tenant.
    private static let headersMax = 16

    let origin: Origin
    /// The path that follows the origin.
    let target: String
    let headers: HeaderFields
    /// Nil for the service's own.
    let serviceName: String?
    /// Of the traces that begin here, the part that is recorded.
    let ratio: Double
    let queueMax: Int
    let delayMilliseconds: Int
    let timeoutMilliseconds: Int

    /// - Returns: nil where no endpoint is set, and after a mistake in it.
    package init?(_ reader: inout EnvironmentReader) {
        let base = reader.optionalText(
            "OTEL_EXPORTER_OTLP_ENDPOINT",
            "Where spans are sent as OTLP/JSON: a collector's URL such as http://127.0.0.1:4318, which /v1/traces is added to. None "
                + "are sent without.")
        let exact = reader.optionalText(
            "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "The same as a whole URL, path included; it comes first.")
        let headers = TraceExportSettings.headers(&reader)
        serviceName = reader.optionalText(
            "OTEL_SERVICE_NAME", "The name that spans carry, where it is not to be the service's own.")
        ratio = TraceExportSettings.ratio(&reader)
        queueMax = reader.integer(
            "OTEL_BSP_MAX_QUEUE_SIZE", default: TraceExportSettings.queueMaxDefault, in: 1...100_000,
            "Spans that may wait to be sent; more are dropped and counted.")
        delayMilliseconds = reader.integer(
            "OTEL_BSP_SCHEDULE_DELAY", default: TraceExportSettings.delayMillisecondsDefault, in: 10...60_000,
            "Milliseconds that a span may wait until it is sent, where no \(SpanQueue.batchMax) have come by then.")
        timeoutMilliseconds = reader.integer(
            "OTEL_EXPORTER_OTLP_TIMEOUT", default: TraceExportSettings.timeoutMillisecondsDefault, in: 1...60_000,
            "Milliseconds that a collector may take to answer.")
        let isOn = reader.choice(
            "OTEL_TRACES_EXPORTER", default: "otlp", among: ["otlp": true, "none": false], or: true,
            "none sends no spans, whatever endpoint is set.")
        TraceExportSettings.refuseOtherForms(&reader, isEndpointSet: base != nil || exact != nil)
        let basePlace = TraceExportSettings.place(base, isExact: false, &reader)
        let exactPlace = TraceExportSettings.place(exact, isExact: true, &reader)
        guard let place = exact == nil ? basePlace : exactPlace, isOn else { return nil }
        (origin, target) = place
        self.headers = headers
    }

    /// - Returns: nil where there is no URL, and where it is none, which `reader` hears of.
    private static func place(_ url: String?, isExact: Bool, _ reader: inout EnvironmentReader) -> (Origin, String)? {
        guard let url else { return nil }
        if let place = place(url, isExact: isExact) { return place }
        reader.reject(
            isExact ? "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT" : "OTEL_EXPORTER_OTLP_ENDPOINT",
            "must be a URL such as http://127.0.0.1:4318\(isExact ? "/v1/traces" : "")")
        return nil
    }

    /// Of a whole URL the last part of its path is the target, since an origin has no slash at its end.
    private static func place(_ url: String, isExact: Bool) -> (Origin, String)? {
        guard let origin = Origin(url) else { return nil }
        guard isExact else { return (origin, "/v1/traces") }
        guard let schemeEnd = url.firstRange(of: "://")?.upperBound,
            let slash = url[schemeEnd...].lastIndex(of: "/"), let parent = Origin(String(url[..<slash]))
        else { return (origin, "/") }
        return (parent, String(url[slash...]))
    }

    /// What other programs set for other forms of the protocol must not pass for what this one does.
    private static func refuseOtherForms(_ reader: inout EnvironmentReader, isEndpointSet: Bool) {
        for name in ["OTEL_EXPORTER_OTLP_PROTOCOL", "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL"] {
            let form = reader.optionalText(name, "Only http/json is spoken here, commonly at port 4318.")
            if let form, form.lowercased() != "http/json", isEndpointSet {
                reader.reject(name, "must be http/json, not \"\(form)\"")
            }
        }
        let compression = reader.optionalText("OTEL_EXPORTER_OTLP_COMPRESSION", "Only none is known here.")
        if let compression, compression.lowercased() != "none", isEndpointSet {
            reader.reject("OTEL_EXPORTER_OTLP_COMPRESSION", "must be none, not \"\(compression)\"")
        }
    }

    private static func ratio(_ reader: inout EnvironmentReader) -> Double {
        let sampler = reader.choice(
            "OTEL_TRACES_SAMPLER", default: "parentbased_traceidratio",
            among: [
                "parentbased_traceidratio": nil, "parentbased_always_on": 1, "parentbased_always_off": 0,
            ], or: Double?.none,
            "How it is decided which traces that begin here are recorded: parentbased_traceidratio, parentbased_always_on, "
                + "parentbased_always_off. Others are as their first hop decided.")
        let text = reader.text(
            "OTEL_TRACES_SAMPLER_ARG", default: "1.0", "For parentbased_traceidratio: the part of them, from 0 to 1.")
        guard let ratio = Double(text), 0...1 ~= ratio else {
            reader.reject("OTEL_TRACES_SAMPLER_ARG", "must be a number from 0 to 1, not \"\(text)\"")
            return 1
        }
        return sampler ?? ratio
    }

    /// Names and values of header fields, as `name=value,name=value` with percent escapes.
    private static func headers(_ reader: inout EnvironmentReader) -> HeaderFields {
        let name = "OTEL_EXPORTER_OTLP_HEADERS"
        let entries = reader.secrets(
            name, countMax: headersMax,
            "Header fields of the requests that carry spans, as name=value,name=value with percent escapes: a collector's token."
        )
        var fields = HeaderFields()
        for entry in entries {
            let parts = entry.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2, let value = PercentEncoding.decode(parts[1]),
                HTTPSyntax.isToken(String(parts[0])), HTTPSyntax.isFieldValue(value)
            else {
                reader.reject(
                    name, "must be a list of name=value, with percent escapes for what a header field may not hold")
                return HeaderFields()
            }
            fields[String(parts[0])] = value
        }
        return fields
    }
}
