/// The form of log lines.
public enum LogFormat: Sendable, Equatable {
    /// One JSON object a line, with `level` in lower case.
    case json
    /// The same with the levels that Lambda filters by: `DEBUG`, `INFO`, `WARN`, `ERROR`.
    ///
    /// https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-log-level.html
    case lambdaJSON
    /// Time, level, message, and the fields as `name=value` with the value in JSON; what a terminal would act on is escaped.
    case text
    /// The same in colors, for a terminal.
    case coloredText
}
